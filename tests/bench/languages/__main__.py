"""Recall across languages: `python -m tests.bench.languages --json`.

One person's memories in one language, or in all of them mixed, and questions in each: which share of the memories
that answer stands among the first ones. Printed in percent, for the plain and the hard set: same language, other
languages, and mixed memories (each in another language, so that a language alone tells nothing), with the figures
of each language of questions and of each kind of question. A question of two hops needs two memories, so that only
half of what answers it can stand first.
"""

import argparse
import asyncio
import json
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from statistics import fmean
from typing import Any

import numpy as np

from mia_core.memory.centre import find_centre
from mia_core.memory.embed import Embedder, Vectors, open_embedder
from mia_core.memory.index import PersonIndex, Remembered, Version
from mia_core.memory.recall import rank_memories, read_question, to_embed
from mia_core.memory.shelf import Centre
from mia_core.settings import Settings
from tests.bench.languages.sets import HARD, PLAIN, Asked, Set, read_set

__all__ = ["measure", "read_set"]

NOW = datetime(2026, 11, 23, tzinfo=UTC)
WITHIN = {"first": 1, "first_three": 3, "first_five": 5, "first_ten": 10}


@dataclass(frozen=True)
class Found:
    """A question that was given, and the places at which the memories that answer stood, from 0."""

    language: str
    asked: Asked
    places: tuple[int, ...]

    def share(self, within: int) -> float:
        """How much of what answers stood among the first."""
        return fmean(place < within for place in self.places)


@dataclass(frozen=True)
class Bench:
    """A set with its vectors, and what recall makes of it."""

    texts: Set
    centre: Centre
    memories: dict[str, Vectors]
    questions: dict[str, Vectors]

    def ask(self, spoken: Sequence[str]) -> list[Found]:
        """Ask every question in every language of a person whose memories are in these languages, one each."""
        index = self._index(spoken)
        return [
            Found(language, asked, self._places(index, language, number))
            for language in self.texts.texts
            for number, asked in enumerate(self.texts.asked)
        ]

    def _index(self, spoken: Sequence[str]) -> PersonIndex:
        index = PersonIndex(Version(0, 0), self.centre, self.texts.names)
        remembered = [
            Remembered(place, "fact", self.texts.texts[language].memories[place], "person", 0.5, NOW, None)
            for place, language in enumerate(spoken)
        ]
        vectors = np.stack([self.memories[language][place] for place, language in enumerate(spoken)])
        index.add(remembered, vectors, spoken)
        return index

    def _places(self, index: PersonIndex, language: str, number: int) -> tuple[int, ...]:
        said, vector = self.texts.texts[language].questions[number], self.questions[language][number]
        question = read_question(said, vector, self.texts.names, language, NOW)
        ranked = [memory.id for memory in rank_memories(index, question)]
        return tuple(ranked.index(answer) for answer in self.texts.asked[number].answers)


async def prepare(texts: Set, embedder: Embedder) -> Bench:
    """Embed every text once."""
    memories, questions = dict[str, Vectors](), dict[str, Vectors]()
    for language, each in texts.texts.items():
        asked = [to_embed(said, texts.names, language) for said in each.questions]
        memories[language] = await embedder.embed(each.memories)
        questions[language] = await embedder.embed(asked)
    return Bench(texts, await find_centre(embedder), memories, questions)


async def measure(texts: Set) -> dict[str, Any]:
    """All figures of a set."""
    embedder = open_embedder(Settings().memory)
    try:
        bench = await prepare(texts, embedder)
    finally:
        embedder.close()
    languages = list(texts.texts)
    count = len(bench.memories[languages[0]])
    alone = {language: bench.ask([language] * count) for language in languages}
    mixed = [
        found
        for shift in range(len(languages))
        for found in bench.ask([languages[(place + shift) % len(languages)] for place in range(count)])
    ]
    same = [each for language, found in alone.items() for each in found if each.language == language]
    others = [each for language, found in alone.items() for each in found if each.language != language]
    return {
        "languages": languages,
        "memories": count,
        "questions": len(texts.asked),
        "same": _shares(same),
        "others": _shares(others),
        "mixed": _shares(mixed),
    }


def _shares(found: Sequence[Found]) -> dict[str, Any]:
    return {
        **{name: _share(found, within) for name, within in WITHIN.items()},
        "first_by_question": _by(found, lambda each: each.language, WITHIN["first"]),
        "first_by_kind": _by(found, lambda each: each.asked.kind, WITHIN["first"]),
        "first_five_by_kind": _by(found, lambda each: each.asked.kind, WITHIN["first_five"]),
    }


def _by(found: Sequence[Found], key: Callable[[Found], str], within: int) -> dict[str, float]:
    groups: dict[str, list[Found]] = defaultdict(list)
    for each in found:
        groups[key(each)].append(each)
    return {name: _share(group, within) for name, group in groups.items()}


def _share(found: Iterable[Found], within: int) -> float:
    return round(100 * fmean(each.share(within) for each in found), 1)


async def run(files: dict[str, Path]) -> dict[str, Any]:
    """The figures of each set, by its name."""
    return {name: await measure(read_set(file)) for name, file in files.items()}


def main() -> None:
    """Read the arguments, print the figures."""
    parser = argparse.ArgumentParser(prog="tests.bench.languages", description=__doc__)
    parser.add_argument("--data", type=Path, help="another set of the same form, instead of the two")
    parser.add_argument("--json", action="store_true", help="the figures as one JSON document on one line")
    arguments = parser.parse_args()
    files = {arguments.data.stem: arguments.data} if arguments.data else {"plain": PLAIN, "hard": HARD}
    figures = asyncio.run(run(files))
    print(json.dumps(figures) if arguments.json else json.dumps(figures, indent=2))


if __name__ == "__main__":
    main()
