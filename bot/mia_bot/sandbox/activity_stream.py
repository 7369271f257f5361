"""X's activity stream: the connection that pushes what the subscriptions ask for.

Documented: two connections for an app, a backfill of up to five minutes, `start_time` and `end_time` as bounds.
Guessed: that the stream is closed once `end_time` has passed, and how far back `start_time` may lie (any time).
"""

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from starlette.responses import Response, StreamingResponse

from mia_bot.sandbox.activity import Activity, activities_of, past_activities
from mia_bot.sandbox.activity_documents import event_document
from mia_bot.sandbox.calls import APP, Call, Operation
from mia_bot.sandbox.faults.streams import spoiled
from mia_bot.sandbox.limits import Limit
from mia_bot.sandbox.lines import KEEP_ALIVE, changes_and_silences, counted
from mia_bot.sandbox.problems import too_many_connections
from mia_bot.sandbox.snowflake import first_id_at
from mia_bot.sandbox.timeline import Window
from mia_bot.sandbox.world import World

_REAL_CONNECTIONS = 2
_GENEROUS_CONNECTIONS = 50


@dataclass(frozen=True)
class _Bounds:
    """From when on what was missed is told (None: nothing is), and when the stream ends (None: never)."""

    start: datetime | None
    end: datetime | None

    def missed(self) -> Window | None:
        if self.start is None:
            return None
        before = Window() if self.end is None else Window(before=first_id_at(self.end))
        return before.narrowed(after=first_id_at(self.start) - 1)

    def over(self, now: datetime) -> bool:
        return self.end is not None and now >= self.end


async def connect(call: Call) -> Response:
    """GET /2/activity/stream: one JSON document a line, and an empty line in a silence."""
    allowed = _REAL_CONNECTIONS if call.config.real_limits else _GENEROUS_CONNECTIONS
    connections: set[object] = call.request.app.state.activity_streams
    if len(connections) >= allowed:
        raise too_many_connections()
    lines = _lines(call.world, call.origin, call.config.keep_alive_s, _bounds(call))
    lines = spoiled(lines, call.request.app.state.dice)
    return StreamingResponse(counted(lines, connections), media_type="application/json")


def _bounds(call: Call) -> _Bounds:
    backfill = call.query.integer("backfill_minutes", low=0, high=5, default=0)
    starts = [call.now - timedelta(minutes=backfill)] if backfill else []
    if (start := call.query.moment("start_time")) is not None:
        starts.append(start)
    return _Bounds(min(starts, default=None), call.query.moment("end_time"))


async def _lines(world: World, origin: str, keep_alive_s: float, bounds: _Bounds) -> AsyncIterator[bytes]:
    with world.hub.subscription() as changes:
        yield KEEP_ALIVE
        missed = bounds.missed()
        for activity in tuple(past_activities(world, missed)) if missed else ():
            yield _line(world, origin, activity)
        if bounds.over(world.now):
            return
        async for change in changes_and_silences(changes, keep_alive_s):
            if bounds.over(world.now):
                return
            if change is None:
                yield KEEP_ALIVE
                continue
            for activity in activities_of(world, change):
                yield _line(world, origin, activity)


def _line(world: World, origin: str, activity: Activity) -> bytes:
    document = event_document(world, origin, activity.subscription, activity.subject)
    return json.dumps(document, ensure_ascii=False).encode() + b"\r\n"


OPERATIONS = (Operation("GET", "/2/activity/stream", connect, "", APP, (Limit(450),)),)
