"""Looking for a text at X that got no clear answer: is it there after all?"""

import unicodedata
from collections.abc import Awaitable, Callable, Collection
from datetime import timedelta

from mia_bot.text.links import find_links
from mia_bot.x.client import XClient
from mia_bot.x.plain import unescaped
from mia_bot.x.shapes import User
from mia_core.outbox import Outgoing

_SKEW = timedelta(minutes=5)
"""How far X's clock and ours may be apart; what other texts became is left out by what is known of them."""
_MOST_PAGES = 32
"""X gives an account's latest 3,200 posts."""
_LINK = " \0 "


OthersSent = Callable[[Outgoing, Collection[str]], Awaitable[frozenset[str]]]
"""Which of her messages, by X's ids, are known to be other texts than this one."""


async def find_sent(x: XClient, me: User, out: Outgoing, others_sent: OthersSent) -> str | None:
    """X's id of the text, if X shows it. Raises XError when X cannot be asked."""
    if out.channel == "dm":
        return await _find_dm(x, me, out, others_sent)
    return await _find_post(x, me, out)


async def _find_post(x: XClient, me: User, out: Outgoing) -> str | None:
    """One reply an interaction: an own post under the answered one is the answer, whatever X made of its words."""
    token = None
    for _ in range(_MOST_PAGES):
        page = await x.posts_of(me.id, since_id=out.address, token=token)
        found = next((post.id for post in page.posts if post.referenced("replied_to") == out.address), None)
        past = any(post.created_at < out.created_at - _SKEW for post in page.posts)
        token = page.next_token
        if found or past or token is None:
            return found
    return None


async def _find_dm(x: XClient, me: User, out: Outgoing, others_sent: OthersSent) -> str | None:
    """A message of hers with the same words, not older than the row; the oldest that no other text has become."""
    token, alike = None, list[str]()
    for _ in range(_MOST_PAGES):
        page = await x.dm_events_with(out.address, token=token)
        recent = [
            event for event in page.events if event.created_at and event.created_at >= out.created_at - _SKEW
        ]
        mine = (event for event in recent if event.sender_id == me.id)
        alike += [event.id for event in mine if same_words(event.text, out.text)]
        token = page.next_token
        if len(recent) < len(page.events) or token is None:
            break
    if not alike:
        return None
    others = await others_sent(out, alike)
    return min((sent_id for sent_id in alike if sent_id not in others), key=int, default=None)


def same_words(theirs: str, ours: str) -> bool:
    """Whether X's text is ours: X escapes three characters, puts t.co in place of links, and trims spaces."""
    return _words(theirs) == _words(ours)


def _words(text: str) -> list[str]:
    text = unicodedata.normalize("NFC", unescaped(text))
    kept, at = [], 0
    for link in find_links(text):
        kept += [text[at : link.start], _LINK]
        at = link.end
    return "".join([*kept, text[at:]]).split()
