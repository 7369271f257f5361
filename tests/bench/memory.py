"""Memory at scale: `python -m tests.bench.memory --people 1000000 --items 10000 --json`.

So many people are stored, each with a few memories and messages, and one with so many of both together.
Printed is what recall costs that person, the question's vector included, with nothing kept in the process (cold:
one query, and an index built) and afterwards (warm, and the ranking alone, without the vector); what the first
recall of the others costs; the bytes of an item in the index and of one of the others on disk; and how long it
takes to erase one of the others, and the one with many items.
"""

import argparse
import asyncio
import json
import tempfile
import time
from collections.abc import Sequence
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
from sqlalchemy import delete, text
from sqlmodel import SQLModel, col

from mia_core.app import App, open_app
from mia_core.database import open_database
from mia_core.memory.mind import index_of
from mia_core.memory.recall import rank_memories, rank_messages, read_question, to_embed
from mia_core.schema import upgrade
from mia_core.settings import DatabaseSettings, Settings, VaultSettings
from mia_core.statements import plain_insert
from mia_core.tables import Memory, Message, Person, Session
from tests.core.events import NOON
from tests.postgres import start_postgres

FEW = 3
"""Memories, and messages, of everybody else."""
_SAMPLE = 200
"""People among all others who are asked about and erased."""
_COLD = 10
"""Times that the index of the one with many items is built."""
_ROWS = 5_000
_SESSION = 20
_PLACES = ("lake", "market", "office", "station", "garden", "museum", "harbour", "library", "kitchen", "stadium")
_DOINGS = ("met", "lost", "painted", "sold", "repaired", "forgot", "photographed", "borrowed", "cleaned", "found")
_THINGS = ("bicycle", "umbrella", "guitar", "letter", "camera", "cake", "lamp", "ticket", "blanket", "telescope")


async def measure(app: App, arguments: argparse.Namespace) -> dict[str, Any]:
    """Store everybody, then measure."""
    random = Random(1)
    vectors = await app.embedder.embed([_sentence(random, number) for number in range(500)])
    before = await _bytes_on_disk(app)
    began = time.perf_counter()
    for start in range(2, arguments.people + 2, _ROWS // FEW):
        await _store(app, range(start, min(start + _ROWS // FEW, arguments.people + 2)), FEW, random, vectors)
    stored_s = time.perf_counter() - began
    each = (await _bytes_on_disk(app) - before) / arguments.people
    half = arguments.items // 2
    await _store(app, range(1, 2), half, random, vectors)
    talker = _person(1, half)
    others = [
        _person(person_id, FEW)
        for person_id in np.linspace(2, arguments.people + 1, min(arguments.people, _SAMPLE), dtype=int).tolist()
    ]
    return {
        "people": arguments.people,
        "items": arguments.items,
        "cold_ms": await _cold(app, [talker] * _COLD),
        **await _warm(app, talker, arguments.questions),
        "others_cold_ms": await _cold(app, others),
        "bytes_per_item": round((await index_of(app, talker)).size / arguments.items),
        "bytes_per_person_on_disk": round(each),
        "erase_ms": await _erase(app, others),
        "erase_many_ms": (await _erase(app, [talker]))["max"],
        "stored_s": round(stored_s, 1),
    }


def _sentence(random: Random, number: int) -> str:
    place, doing, thing = random.choice(_PLACES), random.choice(_DOINGS), random.choice(_THINGS)
    return f"At the {place} I {doing} a {thing}, it was number {number}."


async def _store(app: App, people: range, items: int, random: Random, vectors: Any) -> None:
    """Rows of these people: a session a few messages, as many memories as messages."""
    rows: dict[type[SQLModel], list[dict[str, Any]]] = {Person: [], Session: [], Message: [], Memory: []}
    for person_id in people:
        rows[Person].append(
            {
                "id": person_id,
                "created_at": NOON,
                "last_seen_at": NOON,
                "memory_version": 1,
                "message_count": items,
            }
        )
        for number in range(1, items + 1):
            at = NOON - timedelta(hours=items - number)
            vector = vectors[random.randrange(len(vectors))]
            if number % _SESSION == 1:
                rows[Session].append({"person_id": person_id, "id": number, "channel": "dm", "started_at": at})
            shared = {"person_id": person_id, "id": number, "embedding_model": app.embedder.name}
            rows[Message].append(
                {
                    **shared,
                    "seq": number,
                    "session_id": number - (number - 1) % _SESSION,
                    "turn_id": number,
                    "channel": "dm",
                    "conversation": "c",
                    "public": False,
                    "author": "person" if number % 2 else "mia",
                    "text": _sentence(random, number),
                    "at": at,
                    "embedding": vector.astype("<f2").tobytes(),
                }
            )
            rows[Memory].append(
                {
                    **shared,
                    "kind": "event",
                    "statement": _sentence(random, number),
                    "said_by": "person",
                    "confidence": 0.9,
                    "importance": 0.5,
                    "visibility": "private",
                    "source": "dm",
                    "learnt_at": at,
                    "embedding": vector.astype("<f4").tobytes(),
                    "version": 1,
                }
            )
    async with app.database.writing() as connection:
        for table, values in rows.items():
            for start in range(0, len(values), _ROWS):
                await connection.execute(plain_insert(table), values[start : start + _ROWS])


async def _bytes_on_disk(app: App) -> int:
    """Of the database as a whole."""
    query = "SELECT page_count * page_size FROM pragma_page_count(), pragma_page_size()"
    if not app.database.is_sqlite:
        query = "SELECT pg_database_size(current_database())"
    async with app.database.reading() as connection:
        return int((await connection.execute(text(query))).scalar_one())


def _person(person_id: int, items: int) -> Person:
    return Person(
        id=person_id, created_at=NOON, last_seen_at=NOON, memory_version=1, message_count=items, language="en"
    )


async def _recall(app: App, person: Person, random: Random) -> tuple[float, float]:
    """What a turn does to recall: seconds of the whole, and of the ranking alone."""
    said = f"Where did I {random.choice(_DOINGS)} the {random.choice(_THINGS)} number {random.randrange(5_000)}?"
    began = time.perf_counter()
    index = await index_of(app, person)
    (vector,) = await app.embedder.embed([to_embed(said, index.names, "en")])
    embedded = time.perf_counter()
    question = read_question(said, vector, index.names, "en", NOON)
    rank_messages(index, question)
    rank_memories(index, question)
    ended = time.perf_counter()
    return ended - began, ended - embedded


async def _cold(app: App, people: Sequence[Person]) -> dict[str, float]:
    """Recall of each, with nothing kept of them."""
    random = Random(3)
    seconds = []
    for person in people:
        app.indexes.forget(person.id)
        seconds.append((await _recall(app, person, random))[0])
    return _percentiles(seconds)


async def _warm(app: App, person: Person, questions: int) -> dict[str, Any]:
    random = Random(2)
    whole, ranking = zip(*[await _recall(app, person, random) for _ in range(questions)], strict=True)
    return {"warm_ms": _percentiles(whole), "ranking_ms": _percentiles(ranking)}


async def _erase(app: App, people: Sequence[Person]) -> dict[str, float]:
    """Erase them, one by one."""
    seconds = []
    for person in people:
        began = time.perf_counter()
        async with app.database.writing() as connection:
            await connection.execute(delete(Person).where(col(Person.id) == person.id))
        seconds.append(time.perf_counter() - began)
    return _percentiles(seconds)


def _percentiles(seconds: Sequence[float]) -> dict[str, float]:
    p50, p95, most = (round(1000 * float(value), 2) for value in np.percentile(seconds, (50, 95, 100)))
    return {"p50": p50, "p95": p95, "max": most}


async def run(arguments: argparse.Namespace) -> dict[str, Any]:
    """Measure over a database of its own."""
    with tempfile.TemporaryDirectory(prefix="mia-memory-") as folder, ExitStack() as stack:
        url = arguments.database or f"sqlite:///{folder}/memory.sqlite3"
        if url == "postgresql":
            url = stack.enter_context(start_postgres()).new_database()
        settings = Settings(
            database=DatabaseSettings(url=url), vault=VaultSettings(key_file=Path(folder) / "mia.key")
        )
        async with open_database(settings.database) as database:
            await upgrade(database)
        async with open_app(settings) as app:
            return await measure(app, arguments)


def main() -> None:
    """Read the arguments, print the figures."""
    parser = argparse.ArgumentParser(prog="tests.bench.memory", description=__doc__)
    parser.add_argument("--people", type=int, default=1_000, help="beside the one with many items; at least 1")
    parser.add_argument("--items", type=int, default=10_000, help="of that one: half messages, half memories")
    parser.add_argument("--questions", type=int, default=200)
    parser.add_argument("--database", help="an empty one; `postgresql`: a server of its own; else a SQLite file")
    parser.add_argument("--json", action="store_true", help="the figures as one JSON document on one line")
    figures = asyncio.run(run(arguments := parser.parse_args()))
    print(json.dumps(figures) if arguments.json else json.dumps(figures, indent=2))


if __name__ == "__main__":
    main()
