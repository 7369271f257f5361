"""Pages over a timeline: X's time and id bounds, its opaque tokens, and the `meta` object."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice
from typing import Any

from mia_bot.sandbox.params import Query
from mia_bot.sandbox.problems import invalid_request
from mia_bot.sandbox.snowflake import first_id_at
from mia_bot.sandbox.timeline import Timeline, Window

_TOKEN = re.compile(r"([np])([0-9]{19})")


@dataclass(frozen=True)
class Page:
    """Ids newest first, and the tokens of the pages around them."""

    ids: tuple[int, ...]
    next_token: str | None
    previous_token: str | None

    def meta(self, *, extent: bool = False) -> dict[str, Any]:
        """X's `meta`; with `extent` it names the newest and the oldest id."""
        meta: dict[str, Any] = {"result_count": len(self.ids)}
        if extent and self.ids:
            meta |= {"newest_id": str(self.ids[0]), "oldest_id": str(self.ids[-1])}
        if self.next_token:
            meta["next_token"] = self.next_token
        if self.previous_token:
            meta["previous_token"] = self.previous_token
        return meta


@dataclass(frozen=True)
class Cursor:
    """A token read: the page of items older than `at`, or of those newer."""

    at: int
    older: bool

    def __str__(self) -> str:
        return f"{'n' if self.older else 'p'}{self.at:019d}"


def cursor(query: Query, *names: str) -> Cursor | None:
    """The pagination token under any of these names; raises X's 400 when it is not one of ours."""
    for name in names:
        value = query.text(name)
        if value is not None:
            match = _TOKEN.fullmatch(value)
            if match is None:
                message = f"The `{name}` query parameter value [{value}] is not valid"
                raise invalid_request((name, value, message))
            return Cursor(int(match[2]), older=match[1] == "n")
    return None


def window(query: Query, *, now: datetime, history: timedelta | None = None) -> Window:
    """What since_id, until_id, start_time and end_time leave of the last `history`."""
    found = Window()
    if history is not None:
        found = found.narrowed(after=first_id_at(now - history) - 1)
    if (since := query.id("since_id")) is not None:
        found = found.narrowed(after=since)
    if (until := query.id("until_id")) is not None:
        found = found.narrowed(before=until)
    if (start := query.moment("start_time")) is not None:
        found = found.narrowed(after=first_id_at(start) - 1)
    if (end := query.moment("end_time")) is not None:
        found = found.narrowed(before=first_id_at(end))
    return found


def page(
    timeline: Timeline,
    bounds: Window,
    at: Cursor | None,
    size: int,
    *,
    keep: Callable[[int], bool] = lambda _: True,
    reach: int | None = None,
) -> Page:
    """One page of what `keep` lets through, `reach` ids back at most.

    Tokens name an id, not a place, so that what is posted meanwhile neither repeats nor hides anything.
    """
    if at is not None and not at.older:
        newer = filter(keep, timeline.ascending(bounds.narrowed(after=at.at), reach=reach))
        ids = list(islice(newer, size + 1))
        more_before, ids = len(ids) > size, ids[:size][::-1]
        return Page(tuple(ids), _token(ids[-1:], older=True), _token(ids[:1] if more_before else [], older=False))
    part = bounds if at is None else bounds.narrowed(before=at.at)
    ids = list(islice(filter(keep, timeline.descending(part, reach=reach)), size + 1))
    more, ids = len(ids) > size, ids[:size]
    previous = ids[:1] if at is not None else []
    return Page(tuple(ids), _token(ids[-1:] if more else [], older=True), _token(previous, older=False))


def _token(ids: list[int], *, older: bool) -> str | None:
    return str(Cursor(ids[0], older)) if ids else None
