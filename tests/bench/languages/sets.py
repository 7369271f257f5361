"""Sets of memories and questions in many languages, line by line the same; each is a JSON file beside."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mia_core.memory.index import Names

PLAIN = Path(__file__).with_name("set.json")
"""Ten memories and a question to each."""
HARD = Path(__file__).with_name("hard.json")
"""Twenty-four memories, several of each topic, and questions of which each says what makes it hard."""


@dataclass(frozen=True)
class Asked:
    """What is known of a question in whichever language."""

    kind: str
    """plain, name, date, number, reworded (shares no word of meaning with the answer) or two_hop."""
    answers: tuple[int, ...]
    """Places of the memories that it needs, from 0."""


@dataclass(frozen=True)
class Texts:
    """One language: memories about a person, and questions in the order of `Set.asked`."""

    memories: tuple[str, ...]
    questions: tuple[str, ...]


@dataclass(frozen=True)
class Set:
    """All languages of a file."""

    names: Names
    """How the person is called in every language's script, and MIA."""
    asked: tuple[Asked, ...]
    texts: dict[str, Texts]
    """Language -> its texts."""


def read_set(file: Path = PLAIN) -> Set:
    """Read a file. Without `asked`, each question is answered by the memory in the same place.

    ValueError if a language lacks a memory or a question.
    """
    document = json.loads(file.read_text(encoding="utf-8"))
    texts = {
        language: Texts(tuple(each["memories"]), tuple(each["questions"]))
        for language, each in document.items()
        if isinstance(each, dict)
    }
    asked = _asked(document.get("asked"), texts)
    for language, each in texts.items():
        first = next(iter(texts.values()))
        if len(each.memories) != len(first.memories) or len(each.questions) != len(asked):
            raise ValueError(f"{file.name}: {language} has more or fewer texts than the others")
    names = Names(person=frozenset(document["names"]), mia=frozenset({"mia"}))
    return Set(names, asked, texts)


def _asked(listed: Sequence[dict[str, Any]] | None, texts: dict[str, Texts]) -> tuple[Asked, ...]:
    if listed is None:
        return tuple(Asked("plain", (place,)) for place in range(len(next(iter(texts.values())).questions)))
    return tuple(Asked(each["kind"], tuple(each["answers"])) for each in listed)
