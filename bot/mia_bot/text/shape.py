"""The form of an answer on X: one or more DM texts, or a post with a short thread behind it."""

from collections.abc import Callable, Sequence
from urllib.parse import urlsplit

from mia_bot.text.clean import clean
from mia_bot.text.cut import ELLIPSIS, cut
from mia_bot.text.length import weighted_length
from mia_bot.text.links import find_links
from mia_core.events import Event
from mia_core.settings import BotSettings
from mia_core.turn import Shape

DM_LENGTH = 10_000
DM_TEXTS = 10


def shape_for(settings: BotSettings) -> Shape:
    """X's rules for her texts: a reply and the events that it answers -> the texts to send, at least one.

    A mention's answer becomes at most `thread_posts` posts of weighted length `post_length`; any other answer
    becomes texts of at most 10,000 characters. Nobody is @-named: X itself adds whom a post replies to.
    Links go to `allowed_links` and their subdomains, or are the very ones that the person sent.
    """

    def shape(reply: str, events: Sequence[Event]) -> list[str]:
        sent = {link.address for event in events for link in find_links(event.text)}

        def may_link(address: str) -> bool:
            return address in sent or _is_allowed(address, settings.allowed_links)

        if any(event.public for event in events):
            return _pieces(reply, may_link, settings.post_length, weighted_length, settings.thread_posts)
        return _pieces(reply, may_link, DM_LENGTH, len, DM_TEXTS)

    return shape


def _pieces(
    reply: str, may_link: Callable[[str], bool], limit: int, measure: Callable[[str], int], most: int
) -> list[str]:
    """Clean, cut, and clean each piece again: a cut inside a very long word may bare a name or link."""
    pieces = cut(clean(reply, may_name=(), may_link=may_link), limit, measure, most)
    cleaned = (clean(piece, may_name=(), may_link=may_link) for piece in pieces)
    fitting = [part for piece in cleaned for part in cut(piece, limit, measure, 1)]
    return fitting or [ELLIPSIS]


def _is_allowed(address: str, hosts: Sequence[str]) -> bool:
    try:
        host = urlsplit(address if "://" in address else f"//{address}").hostname or ""
    except ValueError:
        return False
    return any(host == allowed.lower() or host.endswith(f".{allowed.lower()}") for allowed in hosts)
