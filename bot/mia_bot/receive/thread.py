"""The public thread that a mention stands in: posts above it, oldest first, then what it quotes."""

from mia_bot.errors import XRefused
from mia_bot.receive.parse import thread_post
from mia_bot.x.client import XClient
from mia_bot.x.shapes import Includes, Post, User
from mia_core.events import ThreadPost


async def read_thread(x: XClient, post: Post, includes: Includes, me: User, most: int) -> tuple[ThreadPost, ...]:
    """At most `most` posts above; where one is deleted or hidden, the thread begins after it.

    The answered post comes along with the mention; each one above it costs a look-up. Raises XError.
    """
    above: list[ThreadPost] = []
    wanted, at_hand = post.referenced("replied_to"), includes
    while wanted and len(above) < most:
        if wanted not in at_hand.posts:
            try:
                page = await x.posts([wanted])
            except XRefused:
                break
            found = Includes(posts={each.id: each for each in page.posts})
            at_hand = at_hand.plus(page.includes).plus(found)
        parent = at_hand.posts.get(wanted)
        if parent is None:
            break
        above.append(thread_post(parent, me, at_hand))
        wanted = parent.referenced("replied_to")
    quoted = includes.posts.get(post.referenced("quoted") or "")
    quotes = (thread_post(quoted, me, includes, quoted=True),) if quoted else ()
    return (*reversed(above), *quotes)
