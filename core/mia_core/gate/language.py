"""Languages: which one a text is in, and which one somebody asks for by its name."""

from collections.abc import Mapping
from functools import cache
from threading import Lock
from typing import Any

from babel import Locale
from py3langid import langid

from mia_core.inbox import Claim
from mia_core.texts.fixed import SUPPORTED
from mia_core.wording.plain import plain

_ENOUGH = 12
"""Letters from which on a text tells its language."""
_SURE = 0.9
_LONGEST = 1_000
_LOADING = Lock()


def language_of_text(text: str) -> str | None:
    """The supported language that a text is written in; None where it is too short or too mixed to tell.

    Takes under a millisecond, but for the first call in a process, which reads the model (half a second).
    """
    if sum(map(str.isalpha, text)) < _ENOUGH:
        return None
    language, sure = _identifier().classify(text[:_LONGEST])
    return str(language) if sure >= _SURE else None


def language_of(claim: Claim) -> str | None:
    """The language in which a person is answered without the model (BCP-47): the one that they chose; else that of
    their words; else the one in which they were last heard, or that X tells."""
    person = claim.person
    if person.language_chosen:
        return person.language
    said = "\n".join(event.text for event in claim.events)
    return language_of_text(said) or person.language or claim.events[-1].language


def language_named(name: str, spoken: str) -> str | None:
    """The supported language of that name, as people call it who speak `spoken`, or as it calls itself."""
    wanted = plain(name).text
    return _names(spoken).get(wanted) or _names("en").get(wanted) or _own_names().get(wanted)


def warm_up() -> None:
    """Read the model."""
    _identifier()


@cache
def _names(spoken: str) -> Mapping[str, str]:
    names = Locale(spoken).languages
    return {plain(names[tag]).text: tag for tag in SUPPORTED if tag in names}


@cache
def _own_names() -> Mapping[str, str]:
    return {plain(Locale(tag).languages[tag]).text: tag for tag in SUPPORTED}


def _identifier() -> Any:
    with _LOADING:
        return _read_identifier()


@cache
def _read_identifier() -> Any:
    identifier = langid.LanguageIdentifier.from_model_file(langid.MODEL_FILE, norm_probs=True)
    identifier.set_languages(list(SUPPORTED))
    return identifier
