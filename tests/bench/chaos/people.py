"""The people of a round, each writing what was planned at its time, one after the other, until X has taken it."""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass
from http import HTTPStatus

import httpx

from tests.bench.chaos.ledger import Ledger
from tests.bench.chaos.plan import Message

_AGAIN_S = 0.2
_AT_ONCE = 20


@dataclass(frozen=True)
class Person:
    """Somebody of the sandbox."""

    id: int
    token: str


async def make_people(http: httpx.AsyncClient, count: int) -> list[Person]:
    """Add people to the sandbox."""
    people = []
    for number in range(1, count + 1):
        answer = await http.post("/sandbox/people", json={"username": f"visitor{number:05d}"})
        made = answer.raise_for_status().json()
        people.append(Person(int(made["id"]), made["bearer_token"]))
    return people


class Crowd:
    """Writes the planned messages."""

    def __init__(self, http: httpx.AsyncClient, bot_id: str, people: Sequence[Person], ledger: Ledger) -> None:
        self._http = http
        self._bot_id = bot_id
        self._people = people
        self._ledger = ledger
        self._lines = asyncio.Semaphore(_AT_ONCE)

    async def write(self, planned: Sequence[Message], began: float) -> None:
        """Write everything. A person's messages go one after the other, those of several people side by side."""
        by_person: dict[int, list[Message]] = {}
        for message in planned:
            by_person.setdefault(message.person, []).append(message)
        async with asyncio.TaskGroup() as tasks:
            for number, theirs in by_person.items():
                tasks.create_task(self._write_all(self._people[number], theirs, began))

    async def _write_all(self, person: Person, planned: Sequence[Message], began: float) -> None:
        for message in planned:
            await asyncio.sleep(max(began + message.at - time.monotonic(), 0))
            async with self._lines:
                await self._write(person, message)

    async def _write(self, person: Person, message: Message) -> None:
        if message.way == "dm":
            path = f"/2/dm_conversations/with/{self._bot_id}/messages"
            await self._put(person, path, {"text": message.text})
            return
        under = await self._under(person, message)
        reply = {"reply": {"in_reply_to_tweet_id": under}} if under else {}
        await self._put(person, "/2/tweets", {"text": message.text, **reply})

    async def _under(self, person: Person, message: Message) -> str | None:
        if message.way == "below":
            return await self._put(person, "/2/tweets", {"text": f"Thought {message.number} of the day."})
        return await self._ledger.latest_answer(person.id) if message.way == "thread" else None

    async def _put(self, person: Person, path: str, body: dict[str, object]) -> str | None:
        """Until X has it. Its id, or None when an earlier try turns out to have had its effect.

        A DM may come to stand there twice that way: then it is two messages, and X's side tells so.
        """
        while True:
            try:
                answer = await self._http.post(
                    path, json=body, headers={"Authorization": f"Bearer {person.token}"}
                )
            except httpx.TransportError:
                answer = None
            if answer is not None and answer.status_code == HTTPStatus.CREATED:
                data = answer.json()["data"]
                return str(data.get("id") or data["dm_event_id"])
            if answer is not None and answer.status_code == HTTPStatus.FORBIDDEN:
                if "duplicate" not in answer.text:
                    raise RuntimeError(f"X refuses what a person writes: {answer.text}")
                return None
            await asyncio.sleep(_AGAIN_S)
