"""The site's speed: `python -m tests.bench.site --memories 5000 --json`.

A real `mia site`, one process over a SQLite file, is asked for a page of the policy and for the pages of a person
who has so many memories and as many messages; over one connection, one request after the other. Printed are the
milliseconds of each page as whoever asks sees them, and how many requests a second eight connections get together.
"""

import argparse
import asyncio
import json
import os
import secrets
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import numpy as np
from pydantic import SecretStr

from mia_core.app import App, open_app
from mia_core.database import open_database
from mia_core.memory.past import Spoken, keep_past
from mia_core.schema import upgrade
from mia_core.settings import DatabaseSettings, Settings, VaultSettings
from mia_core.statements import plain_insert
from mia_core.tables import Memory, Person
from mia_site.login.sign_ins import SignIns
from mia_site.login.x import Somebody
from tests.core.events import NOON
from tests.e2e.running import MIA, free_port

PAGES = ("/", "/privacy", "/me", "/me/memories", "/me/memories?q=number%2077", "/me/conversations", "/me/feelings")
_TOGETHER = 8
_ROWS = 1_000


async def fill(app: App, memories: int) -> str:
    """Store the person; answers the cookie of a browser in which they are signed in."""
    somebody = Somebody(7, "ana", "Ana", SecretStr(secrets.token_urlsafe(24)))
    cookie = await SignIns(app).begin(somebody, "Firefox on Linux")
    rows = [
        {
            "person_id": somebody.id,
            "id": app.ids(),
            "kind": "fact",
            "statement": f"Ana owns thing number {number}.",
            "confidence": 1.0,
            "importance": 0.5,
            "source": "dm",
            "learnt_at": NOON,
            "version": 1,
        }
        for number in range(memories)
    ]
    async with app.database.writing() as connection:
        for start in range(0, len(rows), _ROWS):
            await connection.execute(plain_insert(Memory), rows[start : start + _ROWS])
    spoken = [Spoken(by_mia=bool(number % 2), text=f"Message {number}", at=NOON) for number in range(memories)]
    person = Person(id=somebody.id, created_at=NOON, last_seen_at=NOON)
    await keep_past(app, person, spoken, source="dm")
    return cookie


@contextmanager
def serving(variables: Mapping[str, str], origin: str) -> Iterator[None]:
    """`mia site` in a process of its own, until the block is left."""
    quiet = subprocess.DEVNULL
    command = [sys.executable, "-c", MIA, "site"]
    process = subprocess.Popen(command, env={**os.environ, **variables}, stdout=quiet, stderr=quiet)
    try:
        deadline = time.monotonic() + 30
        while True:
            try:
                httpx.get(f"{origin}/healthz").raise_for_status()
                break
            except httpx.HTTPError:
                if time.monotonic() > deadline or process.poll() is not None:
                    raise
                time.sleep(0.1)
        yield
    finally:
        process.terminate()
        process.wait(15)


async def measure(origin: str, cookie: str, requests: int) -> dict[str, Any]:
    """Ask for each page so many times."""
    pages: dict[str, Any] = {}
    async with httpx.AsyncClient(base_url=origin, cookies={"mia": cookie}) as client:
        for path in PAGES:
            seconds = []
            for _ in range(requests):
                began = time.perf_counter()
                (await client.get(path)).raise_for_status()
                seconds.append(1000 * (time.perf_counter() - began))
            p50, p95 = np.percentile(seconds[len(seconds) // 10 :], (50, 95))
            pages[path] = {"p50_ms": round(float(p50), 2), "p95_ms": round(float(p95), 2)}
        began = time.perf_counter()
        rounds = [client.get("/privacy") for _ in range(requests)]
        for start in range(0, len(rounds), _TOGETHER):
            await asyncio.gather(*rounds[start : start + _TOGETHER])
        together = requests / (time.perf_counter() - began)
    return {"pages": pages, "privacy_requests_per_s": round(together)}


async def run(arguments: argparse.Namespace) -> dict[str, Any]:
    """Measure over a database of its own."""
    with tempfile.TemporaryDirectory(prefix="mia-site-") as folder:
        url, key_file, port = f"sqlite:///{folder}/mia.sqlite3", Path(folder) / "mia.key", free_port()
        settings = Settings(database=DatabaseSettings(url=url), vault=VaultSettings(key_file=key_file))
        async with open_database(settings.database) as database:
            await upgrade(database)
        async with open_app(settings) as app:
            cookie = await fill(app, arguments.memories)
        origin = f"http://127.0.0.1:{port}"
        variables = {
            "MIA_CONFIG": os.devnull,
            "MIA_DATABASE__URL": url,
            "MIA_VAULT__KEY_FILE": str(key_file),
            "MIA_SITE__PORT": str(port),
            "MIA_SITE__ORIGIN": origin,
        }
        with serving(variables, origin):
            return {"memories": arguments.memories, **await measure(origin, cookie, arguments.requests)}


def main() -> None:
    """Read the arguments, print the figures."""
    parser = argparse.ArgumentParser(prog="tests.bench.site", description=__doc__)
    parser.add_argument("--memories", type=int, default=5_000, help="of the person who is signed in")
    parser.add_argument("--requests", type=int, default=200, help="for each page")
    parser.add_argument("--json", action="store_true", help="the figures as one JSON document on one line")
    figures = asyncio.run(run(arguments := parser.parse_args()))
    print(json.dumps(figures) if arguments.json else json.dumps(figures, indent=2))


if __name__ == "__main__":
    main()
