"""Recall of evidence in long conversations: `python -m tests.bench.locomo --data FILE [--k 5,10,20,50] --json`.

FILE is of LoCoMo's form: conversations in dated sessions, questions, and the turns that hold each answer. Messages
are stored by the product's own call with their dates, speakers, and what their pictures show; then a question is
given, and recall ranks as it does in a turn. Printed is the share of evidence among the first k, in percent, as
the mean over the questions; and what a question costs.
"""

import argparse
import asyncio
import json
import re
import statistics
import tempfile
import time
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from mia_core.app import App, open_app
from mia_core.database import open_database
from mia_core.memory.embed import Embedder, open_embedder
from mia_core.memory.mind import index_of
from mia_core.memory.past import Spoken, keep_past
from mia_core.memory.recall import rank_messages, read_question, to_embed
from mia_core.schema import upgrade
from mia_core.settings import DatabaseSettings, Settings, VaultSettings, XSettings
from mia_core.statements import plain_insert
from mia_core.tables import Person

CATEGORIES = {1: "multi_hop", 2: "temporal", 3: "open_domain", 4: "single_hop", 5: "adversarial"}
PERSON = 1
_TURN = re.compile(r"D\d+:\d+")
_BETWEEN = timedelta(seconds=30)


@dataclass(frozen=True)
class Asked:
    """A question and the turns that hold its answer."""

    question: str
    category: str
    evidence: tuple[str, ...]


@dataclass(frozen=True)
class Conversation:
    """One conversation of the file."""

    person: str
    mia: str
    turns: tuple[str, ...]
    """Ids in the order in which they were said."""
    spoken: tuple[Spoken, ...]
    asked: tuple[Asked, ...]


def read_file(file: Path) -> list[Conversation]:
    """All conversations of a file."""
    return [_conversation(document) for document in json.loads(file.read_text(encoding="utf-8"))]


def _conversation(document: dict[str, Any]) -> Conversation:
    talk = document["conversation"]
    person, mia = talk["speaker_a"], talk["speaker_b"]
    turns: list[str] = []
    spoken: list[Spoken] = []
    for number in sorted(int(key[8:]) for key in talk if re.fullmatch(r"session_\d+", key)):
        began = datetime.strptime(talk[f"session_{number}_date_time"], "%I:%M %p on %d %B, %Y").replace(tzinfo=UTC)
        for place, said in enumerate(talk[f"session_{number}"]):
            turns.append(said["dia_id"])
            spoken.append(
                Spoken(
                    by_mia=said["speaker"] == mia,
                    text=said["text"],
                    at=began + place * _BETWEEN,
                    pictures=said.get("blip_caption"),
                    language="en",
                )
            )
    known = set(turns)
    asked = [
        Asked(each["question"], CATEGORIES[each["category"]], evidence)
        for each in document["qa"]
        if (evidence := _evidence(each["evidence"], known))
    ]
    return Conversation(person, mia, tuple(turns), tuple(spoken), tuple(asked))


def _evidence(listed: Sequence[str], known: set[str]) -> tuple[str, ...]:
    """Ids of turns; some entries of the data hold several, or name turns that are not there."""
    ids = dict.fromkeys(turn for entry in listed for turn in _TURN.findall(entry))
    return tuple(turn for turn in ids if turn in known)


class Figures:
    """What is measured, over all conversations."""

    def __init__(self, ks: Sequence[int]) -> None:
        self.ks = ks
        self.shares: dict[str, dict[int, list[float]]] = defaultdict(lambda: defaultdict(list))
        self.seconds: list[float] = []
        self.bytes = 0
        self.items = 0

    def note(self, asked: Asked, found: Sequence[str], seconds: float) -> None:
        """A question was answered by these turns, the best first."""
        self.seconds.append(seconds)
        for k in self.ks:
            share = len(set(asked.evidence) & set(found[:k])) / len(asked.evidence)
            self.shares["overall"][k].append(share)
            self.shares[asked.category][k].append(share)

    def document(self) -> dict[str, Any]:
        """As it is printed."""
        cuts = statistics.quantiles(self.seconds, n=100, method="inclusive")
        recalled = {
            name: {str(k): round(100 * statistics.fmean(self.shares[name][k]), 1) for k in self.ks}
            for name in ("overall", *CATEGORIES.values())
            if name in self.shares
        }
        return {
            **recalled,
            "questions": len(self.seconds),
            "latency_ms": {"p50": round(1000 * cuts[49], 2), "p95": round(1000 * cuts[94], 2)},
            "bytes_per_item": round(self.bytes / self.items),
            "items": self.items,
        }


async def measure(conversations: Sequence[Conversation], ks: Sequence[int]) -> dict[str, Any]:
    """Store each conversation as a person of its own database, ask all its questions."""
    figures = Figures(ks)
    embedder = open_embedder(Settings().memory)
    try:
        for conversation in conversations:
            await _measure(conversation, figures, embedder)
    finally:
        embedder.close()
    return figures.document()


async def _measure(conversation: Conversation, figures: Figures, embedder: Embedder) -> None:
    with tempfile.TemporaryDirectory(prefix="mia-locomo-") as folder:
        settings = Settings(
            database=DatabaseSettings(url=f"sqlite:///{folder}/locomo.sqlite3"),
            vault=VaultSettings(key_file=Path(folder) / "mia.key"),
            x=XSettings(username=conversation.mia),
        )
        async with open_database(settings.database) as database:
            await upgrade(database)
        async with open_app(settings, embedder=embedder) as app:
            person = await _store(app, conversation)
            index = await index_of(app, person)
            figures.bytes += index.size
            figures.items += len(index.messages)
            turn_of = {message.id: turn for message, turn in zip(index.messages, conversation.turns, strict=True)}
            for asked in conversation.asked:
                began = time.perf_counter()
                found = await _recall(app, person, asked.question, conversation.spoken[-1].at, max(figures.ks))
                figures.note(asked, [turn_of[each] for each in found], time.perf_counter() - began)


async def _store(app: App, conversation: Conversation) -> Person:
    now = conversation.spoken[-1].at
    person = Person(id=PERSON, name=conversation.person, language="en", created_at=now, last_seen_at=now)
    async with app.database.writing() as connection:
        await connection.execute(plain_insert(Person), [person.model_dump()])
    await keep_past(app, person, conversation.spoken, source="dm")
    return person.model_copy(update={"message_count": len(conversation.spoken)})


async def _recall(app: App, person: Person, question: str, now: datetime, most: int) -> list[int]:
    """What a turn does to recall, without its budget of tokens."""
    index = await index_of(app, person)
    (vector,) = await app.embedder.embed([to_embed(question, index.names, person.language)])
    asked = read_question(question, vector, index.names, person.language, now)
    return [message.id for message in rank_messages(index, asked, most)]


def main() -> None:
    """Read the arguments, print the figures."""
    parser = argparse.ArgumentParser(prog="tests.bench.locomo", description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="a file of LoCoMo's form")
    parser.add_argument("--k", default="5,10,20,50", help="how many of the first are looked at")
    parser.add_argument("--json", action="store_true", help="the figures as one JSON document on one line")
    arguments = parser.parse_args()
    ks = [int(k) for k in arguments.k.split(",")]
    figures = asyncio.run(measure(read_file(arguments.data), ks))
    print(json.dumps(figures) if arguments.json else json.dumps(figures, indent=2))


if __name__ == "__main__":
    main()
