"""Reads a wish from what a person wrote, by the shape of the whole message, or from what the model made of it."""

from collections.abc import Sequence

from mia_core.events import Event
from mia_core.wishes.phrases import LANGUAGES, Match, Phrasebook, phrasebooks
from mia_core.wishes.values import Wished
from mia_core.wording.plain import Plain, plain
from mia_core.xai.answer import Answer

_LONGEST = 400
"""Characters of a message that can be a wish by its shape; a longer one is a story."""
_LEFT_TO_THE_MODEL = frozenset({"correct", "offer"})
"""They may need a statement made of them."""


def read_wish(events: Sequence[Event], *, language: str | None) -> Wished | None:
    """The one wish, or the yes or no, that all of the messages amount to; None when they are anything else.

    A phrase of any phrase book counts; that of `language`, the person's (BCP-47), is tried first. Greetings beside
    a wish are passed over.
    """
    if any(event.public or event.images or event.attachments or len(event.text) > _LONGEST for event in events):
        return None
    first = (language or "en").partition("-")[0].lower()
    books = phrasebooks(*([first] if first in LANGUAGES else []))
    said = [message for event in events if not _polite(message := plain(event.text), books)]
    wishes = {_read(message, books) for message in said}
    return wishes.pop() if len(wishes) == 1 else None


def wish_of_model(answer: Answer) -> Wished | None:
    """The wish that the model saw; None when there is none. A correction is learnt, not fulfilled."""
    if answer.wish == "none":
        return None
    if answer.wish == "correct":
        return None
    about = answer.wish_about
    if answer.wish == "forget_about" and (not about or any(book.everything(about) for book in phrasebooks())):
        return Wished("forget_all", "", answer.language)
    return Wished(answer.wish, about, answer.language)


def _polite(message: Plain, books: Sequence[Phrasebook]) -> bool:
    """A greeting, a please; but not a "no" by itself, which answers a question."""
    may = [book for book in books if book.may_hold(message)]
    return any(book.polite(message) for book in may) and not any(book.answer(message) for book in may)


def _read(message: Plain, books: Sequence[Phrasebook]) -> Wished | None:
    for book in books:
        if not book.may_hold(message):
            continue
        found: Match | None = book.answer(message) or book.command(message)
        if found and found.name not in _LEFT_TO_THE_MODEL:
            return Wished(found.name, found.about, book.language)
    return None
