"""Fits the gate's sense to the examples: `python -m tests.bench.care.fit`; takes some ten minutes.

`examples/` holds labelled lines in the form of `tests.bench.care`, written apart from the lines that the bench
measures; the few short ones that stand in both ("stop") are left out here. Lines of the task `ordinary` are what
people tell a companion on an ordinary day, and of no task. The bounds from which a text makes uneasy, or sure, are
found on lines that were left out of the fit (five folds): no more than a share of the hard harmless lines passes
them, and no more than a far smaller one of ordinary talk.

The strength of the penalty, the weight of the meaning, the groups of letters and the shares were chosen by looking
at the measured lines; weights were not. Figures of the bench flatter the sense by as much.
"""

import asyncio
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib import resources
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix, hstack
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold, cross_val_predict

from mia_core.gate.sense import LETTERS, MEANING, TASKS, WORDS, Task, form_of
from mia_core.memory.embed import UseEmbedder
from mia_core.wishes.phrases import LANGUAGES, phrasebook
from mia_core.wording.plain import plain
from tests.bench.care.__main__ import LINES, NONE, Line, read_lines

ORDINARY = "ordinary"
EXAMPLES = Path(__file__).parent / "examples"


@dataclass(frozen=True)
class Shares:
    """Of the lines without a label, how many may pass a bound at most."""

    hard: float
    ordinary: float


SURE = Shares(hard=0.015, ordinary=0.001)
"""Of what ends a turn."""
UNEASY: dict[Task, Shares] = {
    "crisis": Shares(hard=0.04, ordinary=0.03),
    "stop": Shares(hard=0.04, ordinary=0.03),
    "start": Shares(hard=0.01, ordinary=0.01),
    "child": Shares(hard=0.01, ordinary=0.005),
    "parent": Shares(hard=0.015, ordinary=0.005),
}
"""Of what is looked at closely. Where that lets less pass than SURE (start, child), it is the bound of both."""
OF: dict[Task, str] = {"start": "stop", "child": "age", "parent": "age"}
"""Whose lines a task learns from, where not its own."""
_STRENGTH = 50.0
"""Inverse of the penalty on weights."""
_FOLDS = 5


@dataclass(frozen=True)
class Lesson:
    """Examples of one task."""

    seen: csr_matrix
    """One row a line: its form, then its meaning."""
    labels: NDArray[np.bool_]
    ordinary: NDArray[np.bool_]
    strata: Sequence[str]


def main() -> None:
    """Fit every task, and write the weights."""
    measured = {line.text.casefold().strip() for line in read_lines(LINES)}
    lines = [line for line in read_lines(EXAMPLES) if line.text.casefold().strip() not in measured] + _wishes()
    kept: dict[str, NDArray[Any]] = {}
    for task in TASKS:
        learnt, bounds = _fit(task, _lesson(task, [line for line in lines if line.task in _tasks_of(task)]))
        kept |= {task: learnt.astype(np.float16), f"{task}_bounds": np.array(bounds, dtype=np.float32)}
    with resources.as_file(resources.files("mia_core.gate")) as folder:
        np.savez_compressed(folder / "sense.npz", allow_pickle=False, **kept)


def _tasks_of(task: Task) -> tuple[str, str]:
    return OF.get(task, task), ORDINARY


def _wishes() -> list[Line]:
    """What she offers people to say ("forget that"), which is no sign of anything."""
    at = datetime.now(UTC)
    said = [(language, text) for language in LANGUAGES for text in phrasebook(language).examples.values()]
    return [Line(task, language, text, NONE, at) for task in ("crisis", "stop", "age") for language, text in said]


def _lesson(task: Task, lines: Sequence[Line]) -> Lesson:
    labels = np.array([line.label == task for line in lines])
    vectors = asyncio.run(_embedded([line.text for line in lines]))
    return Lesson(
        seen=csr_matrix(hstack([_forms(line.text for line in lines), csr_matrix(vectors * MEANING)])),
        labels=labels,
        ordinary=np.array([line.task == ORDINARY for line in lines]),
        strata=[f"{line.language} {label}" for line, label in zip(lines, labels, strict=True)],
    )


def _forms(texts: Iterable[str]) -> csr_matrix:
    rows = [form_of(plain(text).text) for text in texts]
    places = np.concatenate([each for each, _ in rows])
    values = np.concatenate([each for _, each in rows])
    ends = np.cumsum([0, *(len(each) for each, _ in rows)])
    return csr_matrix((values, places, ends), shape=(len(rows), LETTERS + WORDS))


async def _embedded(texts: Sequence[str]) -> NDArray[np.float32]:
    embedder = UseEmbedder()
    try:
        return np.vstack([await embedder.embed(texts[start : start + 32]) for start in range(0, len(texts), 32)])
    finally:
        embedder.close()


def _fit(task: Task, lesson: Lesson) -> tuple[NDArray[np.float64], tuple[float, float]]:
    """The weights, those of the form first; and the sums from which a text makes uneasy, and sure."""
    model = LogisticRegression(C=_STRENGTH, max_iter=3_000, class_weight="balanced")
    folds = StratifiedKFold(_FOLDS, shuffle=True, random_state=0).split(lesson.seen, lesson.strata)
    sums = cross_val_predict(model, lesson.seen, lesson.labels, cv=list(folds), method="decision_function")
    uneasy, sure = (_bound(sums, lesson, shares) for shares in (UNEASY[task], SURE))
    for name, bound in (("uneasy", uneasy), ("sure", sure)):
        of_lines = {"its lines": lesson.labels, "harmless": ~lesson.labels, "ordinary": lesson.ordinary}
        found = ", ".join(f"{what} {np.mean(sums[which] > bound):.4f}" for what, which in of_lines.items())
        print(f"{task}, {name}: {found}", file=sys.stderr)
    model.fit(lesson.seen, lesson.labels)
    bias = float(model.intercept_[0])
    return model.coef_[0], (uneasy - bias, max(sure, uneasy) - bias)


def _bound(sums: NDArray[np.float64], lesson: Lesson, shares: Shares) -> float:
    """The sum that no more than these shares of the harmless lines pass."""
    hard = np.quantile(sums[~lesson.labels & ~lesson.ordinary], 1 - shares.hard)
    return float(max(hard, np.quantile(sums[lesson.ordinary], 1 - shares.ordinary)))


if __name__ == "__main__":
    main()
