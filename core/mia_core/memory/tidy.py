"""Tidying one person's memories: statements that say the same become one."""

from collections.abc import Sequence
from datetime import datetime

import numpy as np

from mia_core.memory.embed import Vectors
from mia_core.memory.index import Remembered
from mia_core.memory.learn import Change
from mia_core.memory.same import NEAR, say_the_same

_AT_ONCE = 512
"""Rows that are compared with all others in one product; bounds the memory that it takes."""


def merged(
    memories: Sequence[Remembered], vectors: Vectors, language: str | None, now: datetime
) -> tuple[Change, ...]:
    """The changes that make one of memories that say the same: the earliest stands, as often said as all of them.

    The later ones are closed, not lost. What is closed, and her own reflections, are left alone.
    """
    rows = [row for row, each in enumerate(memories) if not each.closed_at and each.kind != "reflection"]
    standing, of_rows = [memories[row] for row in rows], vectors[rows]
    same_as: dict[int, int] = {}
    for start in range(0, len(rows), _AT_ONCE):
        likeness = of_rows[start : start + _AT_ONCE] @ of_rows.T
        for row, earlier in np.argwhere(likeness >= NEAR):
            later = start + row
            if earlier < later and later not in same_as and earlier not in same_as:
                one, other = standing[earlier], standing[later]
                if one.said_by == other.said_by and say_the_same(
                    one.statement, of_rows[earlier], other.statement, of_rows[later], language
                ):
                    same_as[int(later)] = int(earlier)
    return (*_reinforced(standing, same_as), *_closed(standing, same_as, now))


def _reinforced(standing: Sequence[Remembered], same_as: dict[int, int]) -> list[Change]:
    """Those that stand, with what the others bring."""
    changes = []
    for kept in sorted(set(same_as.values())):
        twins = [standing[later] for later, earlier in same_as.items() if earlier == kept]
        values = {
            "times_said": standing[kept].times_said + sum(twin.times_said for twin in twins),
            "last_said_at": max(twin.learnt_at for twin in twins),
            "importance": max(standing[kept].importance, *(twin.importance for twin in twins)),
        }
        changes.append(Change(standing[kept].id, values))
    return changes


def _closed(standing: Sequence[Remembered], same_as: dict[int, int], now: datetime) -> list[Change]:
    return [
        Change(standing[later].id, {"closed_at": now, "closed_by": standing[earlier].id})
        for later, earlier in sorted(same_as.items())
    ]
