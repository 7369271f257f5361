"""Decides when a fault strikes, by a seed, and counts what did."""

from collections import Counter, OrderedDict
from collections.abc import Iterable
from datetime import datetime, timedelta
from random import Random

from mia_bot.sandbox.faults.plan import FaultPlan, Kind
from mia_core.clock import Clock

_MOST_DECIDED = 20_000


class Dice:
    """One plan's dice; a new plan begins anew."""

    def __init__(self, clock: Clock, plan: FaultPlan | None = None) -> None:
        self._clock = clock
        self.follow(plan or FaultPlan())

    def follow(self, plan: FaultPlan) -> None:
        """From now on by this plan."""
        self.plan = plan
        self.struck: Counter[Kind] = Counter()
        self.random = Random(plan.seed)  # noqa: S311 - to be repeated, not to be secret
        self._hidden: OrderedDict[str, datetime | None] = OrderedDict()

    @property
    def on(self) -> bool:
        """Whether anything can strike."""
        return bool(self.plan.shares)

    def strikes(self, kind: Kind) -> bool:
        """Whether this kind strikes now."""
        share = self.plan.shares.get(kind, 0)
        if not share or self.random.random() >= share:
            return False
        self.struck[kind] += 1
        return True

    def pick(self, kinds: Iterable[Kind]) -> Kind | None:
        """The one of these kinds that strikes now, if any."""
        drawn = self.random.random()
        for kind in kinds:
            drawn -= self.plan.shares.get(kind, 0)
            if drawn < 0:
                self.struck[kind] += 1
                return kind
        return None

    def hides(self, object_id: str) -> bool:
        """Whether pages leave this object out: decided at its first sight, for all pages, for `hide_s`."""
        if object_id not in self._hidden:
            hide = timedelta(seconds=self.plan.hide_s)
            self._hidden[object_id] = self._clock() + hide if self.strikes("page_omits") else None
            if len(self._hidden) > _MOST_DECIDED:
                self._hidden.popitem(last=False)
        until = self._hidden[object_id]
        return until is not None and self._clock() < until
