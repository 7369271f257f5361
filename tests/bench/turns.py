"""What a turn costs without the model: `python -m tests.bench.turns --turns N --people P --memories M --json`.

The product's own path from claim to commit, with its real xAI client over a transport that answers at once.
"""

import argparse
import asyncio
import json
import multiprocessing
import statistics
import tempfile
import time
from collections.abc import AsyncIterator, Callable
from contextlib import ExitStack, asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import psutil
from sqlalchemy import event, func, insert, select
from sqlmodel import col

from mia_bot.worker import Workers
from mia_core.app import App, open_app
from mia_core.clock import system_clock
from mia_core.database import Database, open_database
from mia_core.events import Author, Event
from mia_core.inbox import Claim
from mia_core.schema import upgrade
from mia_core.settings import CareSettings, DatabaseSettings, Settings, VaultSettings, XaiSettings
from mia_core.tables import Memory, ModelCall, Person
from mia_core.turn import Taken, take_turn
from mia_core.xai.client import Xai
from tests.postgres import start_postgres

TALKING = 50
"""People who talk; all others are only stored."""
_CHUNK = 5_000
_TOPICS = ("dog", "job", "sister", "garden", "piano", "trip", "recipe", "film", "exam", "bicycle")
_FIRST_PERSON = 10_000_000


@dataclass
class InstantModel(httpx.AsyncBaseTransport):
    """xAI's wire format, at once: a short reply and one new memory; tokens by a count of characters."""

    calls: int = 0
    spent_s: float = 0
    """What this stand-in itself has taken; none of it counts as the product's."""
    last_prompts: dict[str, str] = field(default_factory=dict)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Answer POST /responses."""
        begun = time.perf_counter()
        response = self._answer(request)
        self.spent_s += time.perf_counter() - begun
        return response

    def _answer(self, request: httpx.Request) -> httpx.Response:
        body = json.loads(request.content)
        self.calls += 1
        prompt = json.dumps(body["input"], ensure_ascii=False)
        before = self.last_prompts.get(body["prompt_cache_key"], "")
        self.last_prompts[body["prompt_cache_key"]] = prompt
        shared = next((i for i, (a, b) in enumerate(zip(prompt, before, strict=False)) if a != b), len(before))
        answer = {
            "reply": "That sounds lovely, tell me more about it!",
            "language": "en",
            "appraisal": {
                "desirability": 0.2,
                "praise": 0,
                "warmth": 0.3,
                "hostility": 0,
                "apology": 0,
                "intensity": 0.3,
            },
            "memories": [
                {
                    "kind": "fact",
                    "statement": f"The person said new thing {self.calls} of their {topic(self.calls)}.",
                    "said_by": "person",
                    "valid_from": None,
                    "valid_until": None,
                    "confidence": 0.9,
                    "importance": 0.5,
                }
            ],
        }
        content = [{"type": "output_text", "text": json.dumps(answer)}]
        usage = {
            "input_tokens": len(prompt) // 4,
            "input_tokens_details": {"cached_tokens": shared // 4},
            "output_tokens": 120,
            "output_tokens_details": {"reasoning_tokens": 0},
            "cost_in_usd_ticks": 1,
        }
        document = {
            "id": f"resp_{self.calls}",
            "model": body["model"],
            "status": "completed",
            "output": [{"type": "message", "role": "assistant", "content": content}],
            "usage": usage,
        }
        return httpx.Response(200, json=document, request=request)


@dataclass
class Statements:
    """Counts what is sent to the database."""

    count: int = 0

    def watch(self, database: Database) -> None:
        """Count from now on."""
        event.listen(database.engine.sync_engine, "before_cursor_execute", self._count)

    def _count(self, _connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        """What begins a transaction is not counted: PostgreSQL's driver sends it along with what follows."""
        self.count += not statement.startswith(("BEGIN", "PRAGMA"))


def topic(number: int) -> str:
    """One of a few things that people talk about."""
    return _TOPICS[number % len(_TOPICS)]


async def store_people(app: App, people: int, memories: int) -> None:
    """Rows of people, and memories for those who talk."""
    now = datetime.now(UTC)
    random = np.random.default_rng(1)
    async with app.database.writing() as connection:
        for start in range(0, people, _CHUNK):
            rows = [
                {
                    "id": _FIRST_PERSON + number,
                    "username": f"p{number}",
                    "name": f"Person {number}",
                    "is_bot": False,
                    "created_at": now,
                    "last_seen_at": now,
                    "memory_version": 0,
                    "message_count": 0,
                }
                for number in range(start, min(start + _CHUNK, people))
            ]
            await connection.execute(insert(Person), rows)
        for number in range(min(TALKING, people)):
            vectors = random.standard_normal((memories, 512)).astype("<f4")
            vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
            stored = [
                {
                    "person_id": _FIRST_PERSON + number,
                    "id": place + 1,
                    "kind": "fact",
                    "statement": f"Person {number} remembers thing {place} of their {topic(place)}.",
                    "said_by": "person",
                    "confidence": 0.9,
                    "importance": 0.5,
                    "visibility": "private",
                    "source": "dm",
                    "learnt_at": now,
                    "embedding": vector.tobytes(),
                    "embedding_model": app.embedder.name,
                }
                for place, vector in enumerate(vectors)
            ]
            if stored:
                await connection.execute(insert(Memory), stored)


def message(number: int, people: int) -> Event:
    """The next DM, of one of those who talk."""
    person = _FIRST_PERSON + number % min(TALKING, people)
    return Event(
        source="dm",
        event_id=str(number),
        author=Author(person_id=person, username=f"p{person - _FIRST_PERSON}", name="Person"),
        at=system_clock(),
        text=f"Do you remember what I told you about my {topic(number)}? Today it made me happy again.",
        conversation=f"{person}-1",
        address=str(person),
    )


async def measure(app: App, model: InstantModel, *, turns: int, people: int) -> dict[str, Any]:
    """Take the turns one after the other; the first of each person, which reads their memories, apart."""
    statements = Statements()
    statements.watch(app.database)
    cold, warm, counted = list[float](), list[float](), list[int]()
    talking = min(TALKING, people)
    calls_before = 0
    started = time.perf_counter()
    for number in range(turns + talking):
        await app.inbox.accept([message(number, people)])
        if number == talking:
            started, calls_before = time.perf_counter(), model.calls
        before, begun, spent = statements.count, time.perf_counter(), model.spent_s
        claim = await app.inbox.claim("bench")
        if claim is None:
            raise RuntimeError("nothing was waiting")
        await take_turn(app, claim, lambda reply, _: [reply])
        took = time.perf_counter() - begun - (model.spent_s - spent)
        (cold if number < talking else warm).append(took * 1000)
        if number >= talking:
            counted.append(statements.count - before)
    elapsed = time.perf_counter() - started
    percentiles = statistics.quantiles(warm, n=100)
    return {
        "turns_per_s": round(turns / elapsed, 1),
        "overhead_ms": {f"p{p}": round(percentiles[p - 1], 2) for p in (50, 95, 99)},
        "cold_ms": {"p50": round(statistics.median(cold), 2)},
        "statements_per_turn": round(statistics.mean(counted), 2),
        "model_calls_per_turn": round((model.calls - calls_before) / turns, 3),
        "tokens_per_turn": await tokens(app, turns),
        "rss_mb": round(psutil.Process().memory_info().rss / 2**20, 1),
    }


async def tokens(app: App, turns: int) -> dict[str, int]:
    """Mean tokens of the latest turns, as recorded."""
    counts = (col(ModelCall.input_tokens), col(ModelCall.cached_tokens), col(ModelCall.output_tokens))
    latest = select(*counts).order_by(col(ModelCall.id).desc()).limit(turns).subquery()
    async with app.database.reading() as connection:
        row = (await connection.execute(select(*(func.avg(column) for column in latest.c)))).one()
    return {name: round(float(value)) for name, value in zip(("input", "cached", "output"), row, strict=True)}


@asynccontextmanager
async def opened(url: str, model: InstantModel, folder: Path) -> AsyncIterator[App]:
    """The app over a migrated database, its xAI client over the transport that answers at once."""
    settings = Settings(
        database=DatabaseSettings(url=url),
        xai=XaiSettings(base_url="http://127.0.0.1:9"),
        care=CareSettings(turns_per_hour=1_000_000, turns_per_minute=1_000_000),
        vault=VaultSettings(key_file=folder / "mia.key"),
    )
    async with open_database(settings.database) as database:
        await upgrade(database)
    async with open_app(settings) as app, httpx.AsyncClient(transport=model) as http:
        yield replace(app, xai=Xai(settings.xai, http, clock=app.clock, spent_today=app.spending.today))


async def run(arguments: argparse.Namespace) -> dict[str, Any]:
    """Prepare and measure, in this process alone or with workers in processes of their own."""
    model = InstantModel()
    with tempfile.TemporaryDirectory(prefix="mia-bench-") as folder, ExitStack() as stack:
        url = arguments.database or f"sqlite:///{folder}/bench.sqlite3"
        if url == "postgresql":
            url = stack.enter_context(start_postgres()).new_database()
        async with opened(url, model, Path(folder)) as app:
            await store_people(app, arguments.people, arguments.memories)
            if not arguments.processes:
                return await measure(app, model, turns=arguments.turns, people=arguments.people)
            return await measure_processes(app, url, folder, arguments)


async def measure_processes(app: App, url: str, folder: str, arguments: argparse.Namespace) -> dict[str, Any]:
    """Let worker processes take turns of people who each always have one message waiting; then let them rest."""
    people = min(TALKING, arguments.people)
    await app.inbox.accept([message(number, people) for number in range(people)])
    context = multiprocessing.get_context("spawn")
    counts = [context.Array("q", 1) for _ in range(arguments.processes)]
    workers = [
        context.Process(target=work_alone, args=(url, folder, number, people, counts[number]), daemon=True)
        for number in range(arguments.processes)
    ]
    for worker in workers:
        worker.start()
    try:
        await _until(lambda: sum(count[0] for count in counts) >= people * 2 and all(c[0] for c in counts))
        begun, before = time.perf_counter(), sum(count[0] for count in counts)
        await _until(lambda: sum(count[0] for count in counts) - before >= arguments.turns)
        elapsed = time.perf_counter() - begun
        done = sum(count[0] for count in counts) - before
    finally:
        for worker in workers:
            worker.terminate()
            worker.join()
    return {
        "processes": arguments.processes,
        "turns_per_s": round(done / elapsed, 1),
        "turns": done,
        "model_calls_per_turn": 1,
    }


async def _until(reached: Callable[[], bool]) -> None:
    async with asyncio.timeout(600):
        while not reached():
            await asyncio.sleep(0.01)


def work_alone(url: str, folder: str, number: int, people: int, count: Any) -> None:
    """A worker process: takes turns until it is terminated; after each the person writes again."""
    asyncio.run(_work(url, Path(folder), number, people, count))


async def _work(url: str, folder: Path, number: int, people: int, count: Any) -> None:
    async with opened(url, InstantModel(), folder) as app, app.signals.listening():
        workers = _Workers(app, lambda reply, _: [reply])
        workers.begin(number, people, count)
        await workers.run(asyncio.Event())


class _Workers(Workers):
    """The product's workers, which count and feed themselves."""

    def begin(self, number: int, people: int, count: Any) -> None:
        """Number of the process, people who talk, and where turns are counted."""
        self._next_event, self._people, self._count = (number + 1) * 10_000_000, people, count

    async def _take_held(self, claim: Claim) -> tuple[Taken, float]:
        taken = await super()._take_held(claim)
        self._count[0] += 1
        self._next_event += 1
        place = claim.person_id - _FIRST_PERSON
        again = message(place, self._people).model_copy(update={"event_id": str(self._next_event)})
        await self._app.inbox.accept([again])
        return taken


def main() -> None:
    """Read the arguments, print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--turns", type=int, default=500)
    parser.add_argument("--people", type=int, default=1_000, help="people stored; 50 of them talk")
    parser.add_argument("--memories", type=int, default=1_000, help="memories of each who talks")
    parser.add_argument(
        "--database",
        help="an empty database's address, or `postgresql` for a server of the bench's own; else a SQLite file",
    )
    parser.add_argument("--processes", type=int, default=0, help="worker processes; else turns one by one, here")
    parser.add_argument("--json", action="store_true", help="the figures as one JSON document")
    arguments = parser.parse_args()
    figures = asyncio.run(run(arguments))
    print(json.dumps(figures) if arguments.json else json.dumps(figures, indent=2))


if __name__ == "__main__":
    main()
