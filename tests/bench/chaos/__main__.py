"""Never twice, never lost: `python -m tests.bench.chaos --messages N --kills K --processes P --faults all --json`.

A sandbox plays X and xAI; people write DMs and mentions; real `mia bot` processes over one database answer, are
killed at random and started anew; X and xAI fail in every way that the sandbox knows. In the end X's side and the
tables are set beside each other. The same seed plans the same round; processes have their own minds about it.
"""

import argparse
import asyncio
import json
import sys
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from tests.bench.chaos.round import Wishes, play
from tests.postgres import start_postgres

EVERY_FAULT: dict[str, Any] = {"shares": "all", "slow_s": 1, "skew_s": 5, "hide_s": 1.5}


def main() -> None:
    """Read the arguments, print the figures. The exit code is 1 when anything is not as it should be."""
    arguments = _parser().parse_args()
    span_s = arguments.seconds or max(arguments.messages / 10, arguments.kills * 2.5)
    wishes = Wishes(
        messages=arguments.messages,
        kills=arguments.kills,
        processes=arguments.processes,
        people=arguments.people or max(8, arguments.messages // 20),
        seed=arguments.seed,
        span_s=span_s,
        settle_s=arguments.settle,
        faults=_faults(arguments.faults, arguments.seed),
    )
    with ExitStack() as stack:
        url = arguments.database
        if url == "postgresql":
            url = stack.enter_context(start_postgres()).new_database()
        figures = asyncio.run(play(wishes, url))
    print(json.dumps(figures) if arguments.json else json.dumps(figures, indent=2))
    sys.exit(0 if figures["perfect"] else 1)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="tests.bench.chaos", description=__doc__)
    parser.add_argument("--messages", type=int, default=200)
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--processes", type=int, default=4)
    parser.add_argument("--database", help="an empty one; `postgresql`: a server of its own; else a SQLite file")
    parser.add_argument("--people", type=int, help="who writes; one for each 20 messages, at least 8")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--seconds", type=float, help="how long people write and processes die")
    parser.add_argument("--settle", type=float, default=180, help="seconds that all may take to be answered then")
    parser.add_argument("--faults", default="none", help="all, none, or a file with a body of PUT /sandbox/faults")
    parser.add_argument("--json", action="store_true", help="the figures as one JSON document on one line")
    return parser


def _faults(wanted: str, seed: int) -> dict[str, Any]:
    if wanted == "none":
        return {}
    if wanted == "all":
        return {"seed": seed, **EVERY_FAULT}
    read: dict[str, Any] = json.loads(Path(wanted).read_text(encoding="utf-8"))
    return read


if __name__ == "__main__":
    main()
