"""One round from start to figures: people write, bots die, everything settles, and both sides are counted."""

import asyncio
import shutil
import statistics
import tempfile
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any

import httpx

from mia_bot.sandbox.snowflake import moment_of
from tests.bench.chaos import plan
from tests.bench.chaos.count import Asked, Count, Fixed, Shown, Taken, count
from tests.bench.chaos.fleet import Fleet
from tests.bench.chaos.ledger import KINDS, Ledger
from tests.bench.chaos.people import Crowd, make_people
from tests.bench.chaos.recovery import Recovery
from tests.bench.chaos.shown import read_x
from tests.bench.chaos.stage import Stage, set_stage

_LOOK_S = 0.5
_QUIET = {"done", "ignored", "dead", "sent"}
_SHOWN_AT_MOST = 20


@dataclass(frozen=True)
class Wishes:
    """What was asked for."""

    messages: int
    kills: int
    processes: int
    people: int
    seed: int
    span_s: float
    """How long people write and processes die."""
    settle_s: float
    """How long all may take to be answered after that."""
    faults: Mapping[str, Any] = field(default_factory=dict)
    """The body of PUT /sandbox/faults."""


@dataclass
class _Course:
    """What was seen of a round."""

    seconds: float = 0
    settled: bool = False
    asked: list[Asked] = field(default_factory=list)
    shown: list[Shown] = field(default_factory=list)
    taken: list[Taken] = field(default_factory=list)
    fixed: list[Fixed] = field(default_factory=list)
    struck: dict[str, int] = field(default_factory=dict)


async def play(wishes: Wishes, database_url: str | None = None) -> dict[str, Any]:
    """Play a round over this database, which must be empty; over a new SQLite file by default.

    The figures name the folder of the logs when anything is not as it should be; else it is gone.
    """
    folder = Path(tempfile.mkdtemp(prefix="mia-chaos-"))
    try:
        async with set_stage(folder, database_url or f"sqlite:///{folder / 'mia.sqlite3'}") as stage:
            figures = await _play(wishes, stage, folder)
    except BaseException as error:
        error.add_note(f"the processes' logs are in {folder}")
        raise
    if figures["perfect"]:
        shutil.rmtree(folder)
        return figures
    return {**figures, "logs": str(folder)}


async def _play(wishes: Wishes, stage: Stage, logs: Path) -> dict[str, Any]:
    ledger = Ledger(stage.database)
    recovery = Recovery(ledger)
    fleet = Fleet(stage.environment, logs, recovery, stage.sign_in)
    if await ledger.taken():
        raise RuntimeError("the database should be empty: somebody's events are in it")
    watching = asyncio.create_task(recovery.watch(lambda: bool(fleet.up())))
    try:
        async with httpx.AsyncClient(base_url=stage.origin, timeout=30, trust_env=False) as http:
            await fleet.start(wishes.processes)
            course = await _run(wishes, stage, ledger, fleet, http)
    finally:
        await fleet.stop()
        watching.cancel()
        with suppress(asyncio.CancelledError):
            await watching
    return _figures(wishes, course, count(course.asked, course.shown, course.taken, course.fixed), fleet, recovery)


async def _run(wishes: Wishes, stage: Stage, ledger: Ledger, fleet: Fleet, http: httpx.AsyncClient) -> _Course:
    random = Random(wishes.seed)
    crowd = Crowd(http, stage.bot_id, await make_people(http, wishes.people), ledger)
    messages = plan.messages(random, count=wishes.messages, people=wishes.people, span_s=wishes.span_s)
    kills = plan.kills(random, count=wishes.kills, span_s=wishes.span_s)
    await _set_faults(http, wishes.faults)
    course, began = _Course(), time.monotonic()
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(crowd.write(messages, began))
        tasks.create_task(fleet.kill_all(kills, random))
    deadline = time.monotonic() + wishes.settle_s
    course.settled = await _settled(ledger, wishes.messages, deadline)
    if wishes.faults:
        course.struck = (await http.get("/sandbox/faults")).raise_for_status().json()["struck"]
        await _set_faults(http, {})
    hers = {"Authorization": f"Bearer {stage.bot_token}"}
    async with httpx.AsyncClient(base_url=stage.origin, headers=hers, timeout=30, trust_env=False) as x:
        course.asked, _ = await read_x(x, stage.bot_id)
        course.settled = course.settled and await _settled(ledger, len(course.asked), deadline)
        course.asked, course.shown = await read_x(x, stage.bot_id)
    course.seconds = time.monotonic() - began
    course.taken, course.fixed = await ledger.taken(), await ledger.fixed()
    return course


async def _set_faults(http: httpx.AsyncClient, faults: Mapping[str, Any]) -> None:
    if faults or (await http.get("/sandbox/faults")).is_success:
        answer = await http.put("/sandbox/faults", json=faults)
        if not answer.is_success:
            raise RuntimeError(f"the sandbox does not take these faults: {answer.status_code} {answer.text}")


async def _settled(ledger: Ledger, messages: int, deadline: float) -> bool:
    """Wait until so many events came in and nothing waits any more; False when time is up before."""
    while time.monotonic() < deadline:
        taken, fixed = await ledger.taken(), await ledger.fixed()
        states = {each.state for each in taken} | {each.state for each in fixed}
        if len(taken) >= messages and states <= _QUIET:
            return True
        await asyncio.sleep(_LOOK_S)
    return False


def _figures(wishes: Wishes, course: _Course, found: Count, fleet: Fleet, recovery: Recovery) -> dict[str, Any]:
    waits = [_seconds_between(asked_id, answer_id) for asked_id, answer_id in found.answers.items()]
    left = [f"{hold.kind} {hold.key} by {hold.owner}" for hold in recovery.left()]
    return {
        "perfect": found.perfect and course.settled and not (found.shown_late and not wishes.faults),
        "messages": len(course.asked),
        "kills": fleet.killed,
        "logins": fleet.logins,
        "lost": len(found.lost),
        "duplicates": len(found.duplicates),
        "out_of_order": len(found.out_of_order),
        "shown_late": len(found.shown_late),
        "dead": len(found.dead),
        "misplaced": len(found.misplaced),
        "unrecorded": len(found.unrecorded),
        "recovery_s": {
            **_percentiles(recovery.seconds(), 50),
            "deaths": len(recovery.seconds()),
            **{kind: _percentiles(recovery.seconds_of(kind), 50) for kind in KINDS},
        },
        "reply_s": _percentiles(waits, 50, 95),
        "seconds": round(course.seconds, 1),
        "messages_per_s": round(len(course.asked) / course.seconds, 1),
        "exits": fleet.exits[:_SHOWN_AT_MOST],
        "faults_struck": course.struck,
        "settled": course.settled,
        "unsettled": [*_reasons(course), *left][:_SHOWN_AT_MOST],
        "lost_why": dict(list(found.lost.items())[:_SHOWN_AT_MOST]),
        "dead_why": dict(list(found.dead.items())[:_SHOWN_AT_MOST]),
        "ids": {
            name: getattr(found, name)[:_SHOWN_AT_MOST]
            for name in ("duplicates", "out_of_order", "shown_late", "misplaced", "unrecorded")
            if getattr(found, name)
        },
    }


def _reasons(course: _Course) -> list[str]:
    """What still waits, and why as far as the tables know."""
    events = [
        f"{each.channel} {each.event_id}: {each.state}, {each.reason}"
        for each in course.taken
        if each.state == "open"
    ]
    texts = [f"outbox {each.id}: {each.state}, {each.reason}" for each in course.fixed if each.state not in _QUIET]
    known = {(each.channel, each.event_id) for each in course.taken}
    unseen = [
        f"{each.channel} {each.id}: never came in" for each in course.asked if (each.channel, each.id) not in known
    ]
    return [*unseen, *events, *texts]


def _seconds_between(one_id: int, other_id: int) -> float:
    return (moment_of(other_id) - moment_of(one_id)).total_seconds()


def _percentiles(values: Sequence[float], *which: int) -> dict[str, float | None]:
    """These percentiles and the greatest value, in hundredths of a second."""
    if not values:
        return {**{f"p{p}": None for p in which}, "max": None}
    cuts = statistics.quantiles(values, n=100, method="inclusive") if len(values) > 1 else list(values) * 99
    return {**{f"p{p}": round(cuts[p - 1], 2) for p in which}, "max": round(max(values), 2)}
