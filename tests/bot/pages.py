"""X at the level of pages, as bad as it may be: leaves out, repeats, disorders, fails, lets tokens go stale."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random
from typing import TypeVar

from mia_bot.errors import XError, XRateLimited, XRefused, XUnavailable
from mia_bot.sandbox.snowflake import first_id_at, moment_of
from mia_bot.x.shapes import DmEvent, DmPage, Includes, Post, PostPage, User
from mia_core.clock import ManualClock
from mia_core.limits import WINDOW, Told

ME = User(id="99", username="miaaibot", name="MIA")
Kind = TypeVar("Kind", DmEvent, Post)


@dataclass(frozen=True)
class Odds:
    """How often what goes wrong, of one; and how X cuts its pages."""

    page_size: int = 10
    fault: float = 0
    omits: float = 0
    repeats: float = 0
    disorders: float = 0
    arrives: float = 0
    """Something new comes in while a page is asked for."""
    lookup_fault: float = 0
    reads_in_a_window: int | None = None


@dataclass
class Pages:
    """What the receivers ask of an XClient. What a page leaves out shows again within the overlap."""

    clock: ManualClock
    overlap: timedelta
    random: Random
    odds: Odds
    ids: list[int] = field(default_factory=list)
    asked: int = 0
    _hidden_until: dict[int, datetime] = field(default_factory=dict)
    _stale: int = 0
    _window_ends: datetime | None = None
    _left: int = 0

    def arrive(self, count: int) -> None:
        """So many come in now."""
        for _ in range(count):
            self.ids.append(max(first_id_at(self.clock()), self.ids[-1] + 1 if self.ids else 0))

    def expire_tokens(self) -> None:
        """Tokens given out so far are refused from now on."""
        self._stale += 1

    async def dm_events(self, *, token: str | None = None) -> DmPage:
        """As XClient's."""
        events, next_token = self._page(dm, token)
        return DmPage(events=tuple(events), includes=Includes(), next_token=next_token)

    async def mentions(self, _user_id: str, *, since_id: str | None = None, token: str | None = None) -> PostPage:
        """As XClient's."""
        posts, next_token = self._page(post, token, int(since_id or 0))
        return PostPage(posts=tuple(posts), includes=Includes(), next_token=next_token)

    async def posts(self, _ids: Sequence[str]) -> PostPage:
        """As XClient's; the posts above are gone, if X says anything."""
        if self.random.random() < self.odds.lookup_fault:
            raise XUnavailable("no thread now")
        return PostPage(posts=(), includes=Includes(), next_token=None)

    def read_limit(self, _route: str) -> Told | None:
        """As XClient's."""
        size = self.odds.reads_in_a_window
        if size is None or self._window_ends is None:
            return None
        return Told(size=size, remaining=self._left, resets_at=self._window_ends)

    def _page(
        self, made: Callable[[int], Kind], token: str | None, since: int = 0
    ) -> tuple[list[Kind], str | None]:
        self.asked += 1
        self.clock.move(timedelta(seconds=self.random.random()))
        if self.random.random() < self.odds.arrives:
            self.arrive(1)
        if fault := self._fault(token):
            raise fault
        below = int(token.partition(":")[2]) if token else 1 << 63
        window = [each for each in reversed(self.ids) if since < each < below]
        ids, more = window[: self.odds.page_size], len(window) > self.odds.page_size
        shown = [made(each) for each in ids if self._shows(each)]
        shown += [each for each in shown if self.random.random() < self.odds.repeats]
        if self.random.random() < self.odds.disorders:
            self.random.shuffle(shown)
        return shown, f"{self._stale}:{ids[-1]}" if more else None

    def _fault(self, token: str | None) -> XError | None:
        if self._limited():
            return XRateLimited(self._window_ends or self.clock())
        if self.random.random() < self.odds.fault:
            return self.random.choice([XUnavailable("away"), XRateLimited(self.clock() + WINDOW)])
        if token and int(token.partition(":")[0]) != self._stale:
            return XRefused("other", "the pagination_token is not valid")
        return None

    def _limited(self) -> bool:
        size = self.odds.reads_in_a_window
        if size is None:
            return False
        if self._window_ends is None or self.clock() >= self._window_ends:
            self._window_ends, self._left = self.clock() + WINDOW, size
        self._left -= 1
        return self._left < 0

    def _shows(self, each: int) -> bool:
        """Whether it is on its page. Whatever is hidden is so from its first look on, for the overlap at most."""
        if each not in self._hidden_until:
            hides = self.random.random() < self.odds.omits
            self._hidden_until[each] = self.clock() + self.overlap * (self.random.random() if hides else 0)
        return self.clock() >= self._hidden_until[each]


def author_of(event_id: int) -> str:
    """One of three people, or she herself."""
    return ("11", "12", "13", ME.id)[event_id * 7 // 3 % 4]


def dm(event_id: int) -> DmEvent:
    """A message of one of three people, or of hers."""
    sender = author_of(event_id)
    other = ME.id if sender != ME.id else "11"
    return DmEvent(
        id=str(event_id),
        event_type="MessageCreate",
        text="hello",
        sender_id=sender,
        created_at=moment_of(event_id),
        dm_conversation_id="-".join(sorted([sender, other])),
    )


def post(event_id: int) -> Post:
    """A post that mentions her; every other one answers a post that must be looked up."""
    return Post.model_validate(
        {
            "id": str(event_id),
            "text": "hello @miaaibot",
            "author_id": author_of(event_id),
            "created_at": moment_of(event_id),
            "conversation_id": str(event_id),
            "referenced_tweets": [{"type": "replied_to", "id": "1000"}] if event_id % 2 else [],
            "entities": {"mentions": [{"start": 6, "end": 15, "username": ME.username, "id": ME.id}]},
        }
    )
