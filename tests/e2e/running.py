"""Starts `mia demo` as a newcomer would, and talks to it over X's wire."""

import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import httpx
import psutil

MIA = "import sys; from mia_core.cli import main; sys.argv[0] = 'mia'; main()"
_PATIENCE_S = 60.0

T = TypeVar("T")


def until(found: Callable[[], T], what: str) -> T:
    """Ask again until there is an answer that counts; it must come within a minute."""
    deadline = time.monotonic() + _PATIENCE_S
    while not (answer := found()):
        assert time.monotonic() < deadline, f"waited in vain: {what}"
        time.sleep(0.05)
    return answer


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


@dataclass
class Demo:
    """A running demo."""

    process: subprocess.Popen[bytes]
    log: Path
    data: Path
    port: int

    @property
    def said(self) -> str:
        """All that it printed so far."""
        return self.log.read_text(errors="replace")

    @property
    def origin(self) -> str:
        """The sandbox."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def site(self) -> str:
        """The site, as it was announced."""
        found = re.search(r"her site +(http://\S+)", self.said)
        assert found, self.said
        return found[1]

    def children(self) -> dict[str, psutil.Process]:
        """Its processes by name."""
        with suppress(psutil.NoSuchProcess):
            children = psutil.Process(self.process.pid).children()
            return {child.cmdline()[-1]: child for child in children if "mia_bot.demo.tether" in child.cmdline()}
        return {}

    def wait_until_ready(self) -> "Demo":
        """Wait for its word that everything is up."""

        def up() -> bool:
            assert self.process.poll() is None, self.said
            return "MIA is up" in self.said

        until(up, "the demo is up")
        return self

    def interrupt(self) -> int:
        """Ctrl-C: SIGINT to the whole process group. Answers its exit code."""
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGINT)
        return self.process.wait(20)

    def person(self, username: str = "amelie_roux") -> "Person":
        """Somebody of the sandbox."""
        people = httpx.get(f"{self.origin}/sandbox/people", trust_env=False).json()["people"]
        by_name = {person["username"]: person for person in people}
        return Person(self.origin, by_name[username], by_name["miaaibot"]["id"])


@contextmanager
def running_demo(data: Path, *options: str, port: int | None = None, **variables: str) -> Iterator[Demo]:
    """Start a demo; whatever is left of it at the end of the block is killed."""
    port = port or free_port()
    log = data.with_name(f"{data.name}-{port}.log")
    own = {
        name: value for name, value in os.environ.items() if not name.startswith("MIA_") and name != "XAI_API_KEY"
    }
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-c", MIA, "demo", "--port", str(port), "--data", str(data), *options],
            stdout=output,
            stderr=subprocess.STDOUT,
            cwd=data.parent,
            env=own | variables,
            start_new_session=True,
        )
    demo = Demo(process, log, data, port)
    try:
        yield demo
    finally:
        left = demo.children().values()
        if process.poll() is None:
            process.kill()
            process.wait()
        for child in left:
            with suppress(psutil.NoSuchProcess):
                child.kill()


class Person:
    """One of the sandbox's people, acting through X's API with a token of their own."""

    def __init__(self, origin: str, described: dict[str, Any], bot_id: str) -> None:
        self._x = httpx.Client(
            base_url=origin, headers={"Authorization": f"Bearer {described['bearer_token']}"}, trust_env=False
        )
        self._bot_id = bot_id

    def say(self, text: str) -> str:
        """Send a DM and wait for her answer."""
        before = {message["id"] for message in self.answers()}
        self._x.post(f"/2/dm_conversations/with/{self._bot_id}/messages", json={"text": text}).raise_for_status()
        until(lambda: len(self.answers()) > len(before), f"an answer to {text!r}")
        (answer,) = [message for message in self.answers() if message["id"] not in before]
        return str(answer["text"])

    def answers(self) -> list[dict[str, Any]]:
        """Her DMs to this person."""
        events = self._x.get(
            f"/2/dm_conversations/with/{self._bot_id}/dm_events",
            params={"dm_event.fields": "id,text,sender_id,created_at", "max_results": 100},
        ).raise_for_status()
        return [event for event in events.json().get("data", []) if event["sender_id"] == self._bot_id]

    def post(self, text: str) -> str:
        """Post in public; answers the post's id."""
        response = self._x.post("/2/tweets", json={"text": text}).raise_for_status()
        return str(response.json()["data"]["id"])

    def replies_to(self, post_id: str) -> list[dict[str, Any]]:
        """Her posts in the conversation that a post began."""
        found = self._x.get(
            "/2/tweets/search/recent",
            params={
                "query": f"conversation_id:{post_id}",
                "tweet.fields": "author_id,text,referenced_tweets",
                "max_results": 100,
            },
        ).raise_for_status()
        return [post for post in found.json().get("data", []) if post["author_id"] == self._bot_id]

    def close(self) -> None:
        """End the connection."""
        self._x.close()
