"""How far a receiver has read, kept so that nothing is lost by what a page leaves out, a fault or a restart.

What X leaves out of a page shows again within the overlap. So the cursor moves to what a whole look has covered
only when a second whole look, begun at least the overlap after the first had ended, has covered it too. Looks in
between go back a little way only. A look that is too long for one poll is a walk that later polls go on with.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import TypeVar

from pydantic import AwareDatetime, BaseModel, ConfigDict, ValidationError

from mia_bot.snowflake import earlier
from mia_core.cursors import Cursors
from mia_core.leases import Held

_MOST_KNOWN = 20_000


def latest(ids: set[str]) -> set[str]:
    """The ids, or the newer half of them when there are too many to keep in mind."""
    if len(ids) <= _MOST_KNOWN:
        return ids
    return set(sorted(ids, key=int)[-_MOST_KNOWN // 2 :])


class _Value(BaseModel):
    model_config = ConfigDict(frozen=True)


class Covered(_Value):
    """A whole look: every page from the newest id down to the cursor, and when it had ended."""

    head: int
    ended: AwareDatetime


class Walk(_Value):
    """A whole look that is not finished: the newest id at its begin, and the page it goes on with."""

    head: int
    began: AwareDatetime
    token: str


class Position:
    """A cursor with a watermark. What came before the watermark is never answered.

    Its moves raise LeaseLost, with nothing written, when `held` is not held any more; then the receiver that owns
    it must end.
    """

    def __init__(self, cursors: Cursors, name: str, overlap: timedelta, held: Held | None) -> None:
        self._cursors = cursors
        self._name = name
        self._overlap = overlap
        self._held = held
        self._begun = False
        self._covered: Covered | None = None
        self.start = 0
        """The watermark: ids up to this one are never answered."""
        self.settled = 0
        """Whatever came up to this id is stored, or was found to need no answer."""
        self.walk: Walk | None = None
        """The look that is not finished."""

    async def load(self, now: datetime) -> bool:
        """Read the stored position, once; False before the first start."""
        if not self._begun and (start := await self._get("start")):
            self.settled = int(await self._get("newest") or start)
            covered = _read(Covered, await self._get("covered"))
            if covered and covered.ended <= now:  # else the clock was put back, and it would be over too late
                self._covered = covered
            self.walk = _read(Walk, await self._get("gap"))
            self.start, self._begun = int(start), True
        return self._begun

    async def begin(self, newest_id: int) -> None:
        """First start: what is there already, up to this id, is left alone."""
        await self._move("start", str(newest_id))
        self.start = self.settled = newest_id
        self._begun = True

    def since(self, now: datetime) -> int:
        """Ids above this one are to be read, again or for the first time, by a look that begins now."""
        if self.walk:
            return max(self.walk.head, self.settled)
        if self._covered is None or now >= self._covered.ended + self._overlap:
            return self.settled
        return max(earlier(self._covered.head, self._overlap), self.settled)

    async def cut_off(self, walk: Walk) -> None:
        """A whole look got this far; it goes on from there, also after a restart."""
        await self._move("gap", walk.model_dump_json())
        self.walk = walk

    async def give_up_walk(self) -> None:
        """The walk cannot go on from where it is. The next whole look reads all of it again."""
        await self._move("gap", "")
        self.walk = None

    async def cover(self, head: int, began: datetime, ended: datetime, pending: Iterable[str] = ()) -> None:
        """A look down to `since`, or the walk, is done and its rows are committed.

        `head` is the newest id at its begin. Only looks that went down to the cursor count; `began` tells. The
        cursor stays below the `pending` ids, which were seen and are neither stored nor left alone yet.
        """
        bounds = [int(one) - 1 for one in pending]
        head = min([head, *bounds])
        covered = self._covered
        if covered and began >= covered.ended + self._overlap:
            if (settled := min([covered.head, *bounds])) > self.settled:
                await self._move("newest", str(settled))
                self.settled = settled
            covered = None
        if covered is None and head > self.settled:
            covered = Covered(head=head, ended=ended)
            await self._move("covered", covered.model_dump_json())
        self._covered = covered
        if self.walk:
            await self.give_up_walk()

    async def _get(self, part: str) -> str | None:
        return await self._cursors.get(f"{self._name}:{part}")

    async def _move(self, part: str, value: str) -> None:
        await self._cursors.move(f"{self._name}:{part}", value, held=self._held)


Kind = TypeVar("Kind", bound=_Value)


def _read(kind: type[Kind], stored: str | None) -> Kind | None:
    """A stored part; None where there is none, or none that this version can read: then it is read again."""
    try:
        return kind.model_validate_json(stored) if stored else None
    except ValidationError:
        return None
