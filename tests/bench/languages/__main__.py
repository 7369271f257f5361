"""Recall across languages: `python -m tests.bench.languages --json`.

One person's memories in one language, or in all of them mixed, and questions in each: how often the memory that
answers stands first, and among the first three. Printed in percent: same language, other languages, and mixed
memories (each in another language, so that a language alone tells nothing), with the figures of each language of
questions.
"""

import argparse
import asyncio
import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from statistics import fmean
from typing import Any

from mia_core.memory.centre import find_centre
from mia_core.memory.embed import UseEmbedder
from mia_core.memory.index import Names, PersonIndex, Remembered, Version
from mia_core.memory.recall import rank_memories, read_question, to_embed
from mia_core.memory.shelf import Centre

SET = Path(__file__).with_name("set.json")
NAMES = Names(person=frozenset({"lea", "leas", "ली", "ليا", "レア", "레아"}), mia=frozenset({"mia"}))
NOW = datetime(2026, 11, 23, tzinfo=UTC)
Texts = Mapping[str, Mapping[str, Sequence[str]]]
"""Language -> `memories` and `questions`, of which each is answered by the memory in the same place."""
Ranks = dict[str, list[int]]
"""Language of the question -> the place at which the memory that answers stood, from 0."""


class Bench:
    """The set, and what recall makes of it."""

    def __init__(self, embedder: UseEmbedder, centre: Centre, texts: Texts):
        self._embedder = embedder
        self._centre = centre
        self._texts = texts

    async def ranks(self, memories: Sequence[tuple[str, str]], asked: Sequence[str]) -> Ranks:
        """Ask every question in these languages of a person with these memories (text, language)."""
        index = PersonIndex(Version(0, 0), self._centre, NAMES)
        statements = [text for text, _ in memories]
        remembered = [
            Remembered(place, "fact", text, "person", 0.5, NOW, None) for place, text in enumerate(statements)
        ]
        index.add(remembered, await self._embedder.embed(statements), [language for _, language in memories])
        found: Ranks = defaultdict(list)
        for language in asked:
            for place, question in enumerate(self._texts[language]["questions"]):
                found[language].append(await self._rank(index, question, language, place))
        return found

    async def _rank(self, index: PersonIndex, question: str, language: str, answer: int) -> int:
        (vector,) = await self._embedder.embed([to_embed(question, NAMES, language)])
        ranked = rank_memories(index, read_question(question, vector, NAMES, language, NOW))
        return [memory.id for memory in ranked].index(answer)


def read_set(file: Path = SET) -> Texts:
    """The memories and questions of each language."""
    document = json.loads(file.read_text(encoding="utf-8"))
    return {name: value for name, value in document.items() if name != "about"}


async def measure(texts: Texts) -> dict[str, Any]:
    """All figures."""
    languages = list(texts)
    embedder = UseEmbedder()
    try:
        bench = Bench(embedder, await find_centre(embedder), texts)
        same: Ranks = {}
        others: Ranks = defaultdict(list)
        for language in languages:
            memories = [(text, language) for text in texts[language]["memories"]]
            for asked, ranks in (await bench.ranks(memories, languages)).items():
                (same.setdefault(asked, []) if asked == language else others[asked]).extend(ranks)
        mixed: Ranks = defaultdict(list)
        for shift in range(len(languages)):
            turned = languages[shift:] + languages[:shift]
            memories = [
                (texts[turned[place % len(turned)]]["memories"][place], turned[place]) for place in range(10)
            ]
            for asked, ranks in (await bench.ranks(memories, languages)).items():
                mixed[asked].extend(ranks)
    finally:
        embedder.close()
    return {"languages": languages, "same": _shares(same), "others": _shares(others), "mixed": _shares(mixed)}


def _shares(ranks: Ranks) -> dict[str, Any]:
    every = [rank for found in ranks.values() for rank in found]
    return {
        "first": _share(every, 1),
        "first_three": _share(every, 3),
        "first_by_question": {language: _share(found, 1) for language, found in ranks.items()},
    }


def _share(ranks: Sequence[int], within: int) -> float:
    return round(100 * fmean(rank < within for rank in ranks), 1)


def main() -> None:
    """Read the arguments, print the figures."""
    parser = argparse.ArgumentParser(prog="tests.bench.languages", description=__doc__)
    parser.add_argument("--data", type=Path, default=SET, help="another set of the same form")
    parser.add_argument("--json", action="store_true", help="the figures as one JSON document on one line")
    arguments = parser.parse_args()
    figures = asyncio.run(measure(read_set(arguments.data)))
    print(json.dumps(figures) if arguments.json else json.dumps(figures, indent=2))


if __name__ == "__main__":
    main()
