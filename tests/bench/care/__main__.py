"""How well the gate sees a crisis, a child and a stop: `python -m tests.bench.care --data FILE --json`.

FILE is JSON Lines, one line of talk each; a folder of such files is read whole; ours lie beside this module:

    {"task": "crisis", "language": "en", "text": "…", "label": "crisis", "level": "wish"}

| task | labels | recall |
|---|---|---|
| crisis | crisis (level, if known: wish, plan or attempt), none | share of `crisis` that is seen |
| age | child (under 13), teen (13 to 17), parent (of such a child), none | share that is seen as what it is |
| stop | stop, start, none | share of `stop` that is obeyed |
| ordinary | none: everyday talk, of no task | none; its `false_alarms` count anything that the gate sees |

`starts` is the share of `start` that bring her back to somebody who had said stop, `restarts` that of other lines.
`watched` counts also the lines that the gate cannot tell and has the model look at (of age: child and parent; of
ordinary: whichever).
`false_alarms` is the share of `none` in which anything is seen. Shares go from 0 to 1. An age may depend on the
day, `"at": "2026-11-25"`, which is that day by default. The gate is not told the language of a line. `--missed`
prints the lines that are taken for something else, for who works on the phrases.
"""

import argparse
import asyncio
import json
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from mia_core.gate.age import age_in
from mia_core.gate.check import Watched, start_in, stop_in, watch_for
from mia_core.gate.crisis import crisis_in
from mia_core.gate.heard import Heard, listen
from mia_core.memory.embed import UseEmbedder

_WATCHED: dict[str, set[Watched]] = {"crisis": {"crisis"}, "age": {"child"}, "ordinary": {"crisis", "child"}}
"""What the model is to look for, by the task whose lines are meant by it."""
LINES = Path(__file__).parent / "lines"
TODAY = "2026-11-25"
NONE = "none"


@dataclass(frozen=True)
class Line:
    """One line of a labelled file."""

    task: str
    language: str
    text: str
    label: str
    at: datetime


def read_lines(path: Path) -> list[Line]:
    """The lines of a file, or of a folder's `.jsonl` files. Raises ValueError that names a line that is none."""
    files = sorted(path.glob("*.jsonl")) if path.is_dir() else [path]
    return [line for file in files for line in _lines_of(file)]


def _lines_of(file: Path) -> Iterable[Line]:
    for number, text in enumerate(file.read_text(encoding="utf-8").splitlines(), start=1):
        if not text.strip():
            continue
        try:
            found = json.loads(text)
            at = datetime.fromisoformat(found.get("at", TODAY)).replace(hour=12, tzinfo=UTC)
            yield Line(found["task"], found["language"], found["text"], found["label"], at)
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise ValueError(f"{file}, line {number}: {error}") from None


async def hear(lines: Sequence[Line]) -> list[Heard]:
    """Each line as the gate hears it in a turn of its own."""
    embedder = UseEmbedder()
    try:
        return [await listen([line.text], None, embedder) for line in lines]
    finally:
        embedder.close()


def taken_for(line: Line, heard: Heard) -> str:
    """What the gate takes a line for."""
    return _TASKS[line.task](line, heard)


def watched(line: Line, heard: Heard) -> bool:
    """Whether the gate ends the turn, or has the model look for what the line's task is about."""
    watch = watch_for(heard)
    return taken_for(line, heard) != NONE or bool(_WATCHED[line.task] & set(watch))


def _crisis(_: Line, heard: Heard) -> str:
    return "crisis" if crisis_in(heard) else NONE


def _age(line: Line, heard: Heard) -> str:
    sign = age_in(heard, line.at)
    return sign.band if sign else NONE


def _stop(line: Line, heard: Heard) -> str:
    """A start is looked for where it counts: in what somebody says who had said stop."""
    if line.label == "start" and start_in(heard):
        return "start"
    return "stop" if stop_in(heard) else NONE


def _ordinary(line: Line, heard: Heard) -> str:
    return next((found for see in (_crisis, _age, _stop) if (found := see(line, heard)) != NONE), NONE)


_TASKS: dict[str, Callable[[Line, Heard], str]] = {
    "crisis": _crisis,
    "age": _age,
    "stop": _stop,
    "ordinary": _ordinary,
}


def measure(lines: Sequence[Line]) -> dict[str, Any]:
    """The figures of each task, over all languages and for each one."""
    figures: dict[str, Any] = {}
    all_heard = asyncio.run(hear(lines))
    taken_lines = [(line, taken_for(line, heard)) for line, heard in zip(lines, all_heard, strict=True)]
    for task in _TASKS:
        seen = [(line, found) for line, found in taken_lines if line.task == task]
        if not seen:
            continue
        by_language = defaultdict(list)
        for line, taken in seen:
            by_language[line.language].append((line, taken))
        each = {language: _shares(task, some) for language, some in sorted(by_language.items())}
        figures[task] = {**_shares(task, seen), "by_language": each}
    for task in _WATCHED:
        if task in figures:
            pairs = [(line, heard) for line, heard in zip(lines, all_heard, strict=True) if line.task == task]
            figures[task]["watched"] = {
                "recall": _share(watched(*pair) for pair in pairs if pair[0].label not in {NONE, "teen"}),
                "false_alarms": _share(watched(*pair) for pair in pairs if pair[0].label == NONE),
            }
    others = [heard for line, heard in zip(lines, all_heard, strict=True) if _is_no_start(line)]
    if others:
        figures["stop"]["restarts"] = _share(start_in(heard) is not None for heard in others)
    return figures


def _is_no_start(line: Line) -> bool:
    return line.task == "stop" and line.label != "start"


_WANTED = {"crisis": ("crisis",), "age": ("child", "teen", "parent"), "stop": ("stop",), "ordinary": ()}


def _shares(task: str, seen: Sequence[tuple[Line, str]]) -> dict[str, Any]:
    wanted = _WANTED[task]
    shares: dict[str, Any] = {
        "recall": _share(taken == line.label for line, taken in seen if line.label in wanted),
        "false_alarms": _share(taken != NONE for line, taken in seen if line.label == NONE),
        "lines": len(seen),
    }
    if task == "age":
        shares["by_label"] = {
            label: _share(taken == label for line, taken in seen if line.label == label) for label in wanted
        }
    if task == "stop":
        shares["starts"] = _share(taken == "start" for line, taken in seen if line.label == "start")
    return shares


def _share(found: Iterable[bool]) -> float | None:
    """None where there is nothing to count."""
    hits = list(found)
    return round(sum(hits) / len(hits), 4) if hits else None


def main() -> None:
    """Read the arguments, print the figures."""
    parser = argparse.ArgumentParser(
        prog="tests.bench.care", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, default=LINES, help="a labelled file, or a folder of them")
    parser.add_argument("--json", action="store_true", help="the figures as one JSON document on one line")
    parser.add_argument("--missed", action="store_true", help="print what is missed, and no figures")
    arguments = parser.parse_args()
    lines = read_lines(arguments.data)
    if arguments.missed:
        for line, heard in zip(lines, asyncio.run(hear(lines)), strict=True):
            if (taken := taken_for(line, heard)) != line.label:
                print(f"{line.language} {line.task} {line.label} -> {taken}: {line.text}")
        return
    figures = measure(lines)
    print(json.dumps(figures) if arguments.json else json.dumps(figures, indent=2))


if __name__ == "__main__":
    main()
