"""Memory at scale: `python -m tests.bench.memory --people 1000000 --items 10000 --json`.

So many people are stored, each with a few memories and messages, and one with so many of both together.
Printed is what recall costs that person with nothing kept in the process (cold: one query, and an index built) and
afterwards (warm, and the ranking alone, without the question's vector), the bytes of an item in the index and of a
person on disk, and how long it takes to erase one person.
"""

import argparse
import asyncio
import json
import statistics
import tempfile
import time
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
from mia_core.memory.index import Version
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
    each = (await _bytes_on_disk(app) - before) / max(arguments.people, 1)
    half = arguments.items // 2
    await _store(app, range(1, 2), half, random, vectors)
    return {
        "people": arguments.people,
        "items": arguments.items,
        "cold_ms": await _cold(app, half),
        **await _warm(app, half, arguments.questions),
        "bytes_per_item": round((await _index(app, half)).size / arguments.items),
        "bytes_per_person_on_disk": round(each),
        "erase_ms": await _erase(app, arguments.people),
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


def _person(items: int) -> Person:
    return Person(id=1, created_at=NOON, last_seen_at=NOON, memory_version=1, message_count=items, language="en")


async def _index(app: App, items: int) -> Any:
    return await index_of(app, _person(items))


async def _cold(app: App, items: int) -> float:
    app.indexes.forget(1)
    began = time.perf_counter()
    await _index(app, items)
    return round(1000 * (time.perf_counter() - began), 1)


async def _warm(app: App, items: int, questions: int) -> dict[str, Any]:
    random = Random(2)
    whole: list[float] = []
    ranking: list[float] = []
    for number in range(questions):
        said = f"Where was it that I {random.choice(_DOINGS)} the {random.choice(_THINGS)} number {number}?"
        began = time.perf_counter()
        index = await app.indexes.of(1, Version(1, items))
        (vector,) = await app.embedder.embed([to_embed(said, index.names, "en")])
        embedded = time.perf_counter()
        question = read_question(said, vector, index.names, "en", NOON)
        rank_messages(index, question)
        rank_memories(index, question)
        ended = time.perf_counter()
        whole.append(ended - began)
        ranking.append(ended - embedded)
    return {"warm_ms": _percentiles(whole), "ranking_ms": _percentiles(ranking)}


async def _erase(app: App, people: int) -> dict[str, float]:
    """Erase some of the others, one by one."""
    seconds = []
    for person_id in np.linspace(2, people + 1, min(people, 50), dtype=int).tolist():
        began = time.perf_counter()
        async with app.database.writing() as connection:
            await connection.execute(delete(Person).where(col(Person.id) == person_id))
        seconds.append(time.perf_counter() - began)
    return _percentiles(seconds)


def _percentiles(seconds: list[float]) -> dict[str, float]:
    cuts = statistics.quantiles(seconds, n=100, method="inclusive")
    return {
        "p50": round(1000 * cuts[49], 2),
        "p95": round(1000 * cuts[94], 2),
        "max": round(1000 * max(seconds), 2),
    }


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
    parser.add_argument("--people", type=int, default=1_000, help="beside the one who is asked about")
    parser.add_argument("--items", type=int, default=10_000, help="of that one: half messages, half memories")
    parser.add_argument("--questions", type=int, default=200)
    parser.add_argument("--database", help="an empty one; `postgresql`: a server of its own; else a SQLite file")
    parser.add_argument("--json", action="store_true", help="the figures as one JSON document on one line")
    figures = asyncio.run(run(arguments := parser.parse_args()))
    print(json.dumps(figures) if arguments.json else json.dumps(figures, indent=2))


if __name__ == "__main__":
    main()
