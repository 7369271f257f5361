"""Processes are killed and X fails in every way, and each message is answered once, in order."""

from datetime import UTC, datetime, timedelta

import pytest

from tests.bench.chaos.__main__ import EVERY_FAULT
from tests.bench.chaos.count import Asked, Count, Fixed, Shown, Taken, count
from tests.bench.chaos.round import Wishes, play

_SMALL_ROUND = Wishes(
    messages=40,
    kills=6,
    processes=2,
    people=8,
    seed=3,
    span_s=15,
    settle_s=60,
    faults={"seed": 3, **EVERY_FAULT},
)


async def test_nothing_is_lost_or_said_twice_while_processes_die_and_x_fails(database_url: str) -> None:
    figures = await play(_SMALL_ROUND, database_url)
    wrong = {name: figures[name] for name in ("lost", "duplicates", "out_of_order", "dead", "misplaced")}
    assert wrong == dict.fromkeys(wrong, 0), figures
    assert figures["settled"], figures
    assert figures["kills"] == _SMALL_ROUND.kills
    assert figures["messages"] >= _SMALL_ROUND.messages
    assert figures["faults_struck"]


NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
DM, POST, NEXT_DM = Asked(10, 1, "dm", 1), Asked(20, 1, "post", 2), Asked(30, 1, "dm", 3)
TO_DM, TO_POST = Shown(11, "dm", frozenset({1})), Shown(21, "post", replied_to=20)
TO_NEXT_DM = Shown(31, "dm", frozenset({3}))


def _taken(asked: Asked, turn_id: int | None, state: str = "done", *, seconds: float = 0) -> Taken:
    received_at = NOON + timedelta(seconds=asked.id + seconds)
    return Taken(
        asked.id, asked.channel, state, None, received_at, turn_id, NOON + timedelta(seconds=asked.id + 1)
    )


def _sent(turn_id: int, sent_id: int | None, state: str = "sent", *, part: int = 0) -> Fixed:
    return Fixed(turn_id * 10 + part, turn_id, state, None, sent_id)


TAKEN = [_taken(DM, 1), _taken(POST, 2), _taken(NEXT_DM, 3)]
FIXED = [_sent(1, 11), _sent(2, 21), _sent(3, 31)]
SHOWN = [TO_DM, TO_POST, TO_NEXT_DM]


def _figures(found: Count) -> dict[str, int]:
    names = ("lost", "duplicates", "out_of_order", "shown_late", "dead", "unrecorded", "misplaced")
    return {name: size for name in names if (size := len(getattr(found, name)))}


@pytest.mark.parametrize(
    ("shown", "taken", "fixed", "figures"),
    [
        (SHOWN, TAKEN, FIXED, {}),
        ([*SHOWN, Shown(32, "dm", frozenset({3}))], TAKEN, FIXED, {"duplicates": 1}),
        ([*SHOWN, Shown(33, "post", replied_to=20)], TAKEN, FIXED, {"duplicates": 1}),
        (SHOWN[:2], TAKEN, FIXED, {"lost": 1}),
        (SHOWN[:2], TAKEN[:2], FIXED[:2], {"lost": 1}),
        (SHOWN[:2], TAKEN, [*FIXED[:2], _sent(3, None, "dead")], {"lost": 1, "dead": 1}),
        (SHOWN[:2], [*TAKEN[:2], _taken(NEXT_DM, None, "dead")], FIXED[:2], {"lost": 1, "dead": 1}),
        (SHOWN, TAKEN, [*FIXED[:2], _sent(3, None, "unknown")], {"unrecorded": 1}),
        (SHOWN[:2], TAKEN, [*FIXED[:2], _sent(3, 11)], {"lost": 1}),
        (
            [TO_DM, TO_POST, Shown(31, "dm", frozenset({1}))],
            TAKEN,
            FIXED,
            {"misplaced": 1},
        ),
        (
            [TO_NEXT_DM, TO_POST, Shown(40, "dm", frozenset({1}))],
            TAKEN,
            [_sent(1, 40), *FIXED[1:]],
            {"out_of_order": 1},
        ),
        (
            [TO_NEXT_DM, TO_POST, Shown(40, "dm", frozenset({1}))],
            [_taken(DM, 1, seconds=30), *TAKEN[1:]],
            [_sent(1, 40), *FIXED[1:]],
            {"shown_late": 1},
        ),
        (
            [Shown(31, "dm", frozenset({1, 3})), TO_POST],
            [_taken(DM, 3), *TAKEN[1:]],
            FIXED[1:],
            {},
        ),
        ([*SHOWN, Shown(22, "post", replied_to=21)], TAKEN, [*FIXED, _sent(2, 22, part=1)], {}),
        (SHOWN, TAKEN, [*FIXED, _sent(2, None, "ready", part=1)], {"lost": 1}),
    ],
    ids=[
        "perfect",
        "a DM twice",
        "a post twice",
        "not at X",
        "never came in",
        "a dead text",
        "a dead event",
        "sent and not known to be",
        "one DM for two texts",
        "words about another message",
        "out of order",
        "shown late",
        "two in one answer",
        "an answer in two parts",
        "half an answer",
    ],
)
def test_the_count_tells_what_went_wrong(
    shown: list[Shown], taken: list[Taken], fixed: list[Fixed], figures: dict[str, int]
) -> None:
    assert _figures(count([DM, POST, NEXT_DM], shown, taken, fixed)) == figures
