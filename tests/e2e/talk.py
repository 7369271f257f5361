"""One person's talk with a running demo over X's wire: sent one after the other, and what came back, counted."""

import sqlite3
import statistics
import time
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass, field
from itertools import pairwise
from types import TracebackType
from typing import Any, Literal

import httpx

from mia_bot.sandbox.length import POST_LENGTH, cut_to_length
from tests.e2e.running import Demo

Channel = Literal["dm", "mention"]

_LOOK_S = 0.05


@dataclass(frozen=True)
class Told:
    """A message as X has it. Ids of DMs and posts grow with time, in one sequence."""

    id: int
    channel: Channel
    conversation: str


@dataclass(frozen=True)
class Answer:
    """A DM or a post of hers, as X has it."""

    id: int
    channel: Channel
    conversation: str
    text: str
    replied_to: int | None = None


@dataclass
class Tally:
    """What became of messages that were sent one after the other, each when the one before was answered."""

    messages: int
    replied_once: int = 0
    missing: int = 0
    duplicates: int = 0
    """Answers beyond the first of a message."""
    out_of_order: int = 0
    """Answers that came only after the next message had been sent."""
    wrong_thread: int = 0
    """What she wrote where no message asked for it."""
    astray: list[Answer] = field(default_factory=list, repr=False)

    @property
    def perfect(self) -> bool:
        """Each message got exactly one answer, in order, in its place, and nothing else was written."""
        return self == Tally(self.messages, replied_once=self.messages)


class Talk:
    """A person who talks with her, alone or beside others. A context manager: it holds a connection."""

    def __init__(self, demo: Demo, username: str = "amelie_roux", *, patience_s: float = 60) -> None:
        people = httpx.get(f"{demo.origin}/sandbox/people", trust_env=False).raise_for_status().json()["people"]
        by_name = {person["username"]: person for person in people}
        me, self._bot = by_name[username], by_name["miaaibot"]["id"]
        self._me = me["id"]
        self._patience_s = patience_s
        self._x = httpx.Client(
            base_url=demo.origin, headers={"Authorization": f"Bearer {me['bearer_token']}"}, trust_env=False
        )
        self.told: list[Told] = []
        self.reply_s: list[float] = []
        """Seconds from each message to its first answer, in order; a missing one has none."""

    def __enter__(self) -> "Talk":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._x.close()

    def say_all(self, texts: Sequence[str]) -> None:
        """DMs and mentions in turn, each sent when the one before was answered.

        Of the mentions, one begins a thread, the next stands under her answer in it, and the one after under a
        post that does not name her. A mention that X would refuse, as its words were posted before, is a DM.
        """
        posted: set[str] = set()
        mentions = 0
        for number, text in enumerate(texts):
            words = mention_of(text)
            if number % 2 == 0 or words in posted:
                self.dm(text)
                continue
            posted.add(words)
            under = self._place(mentions)
            self.mention(words, under=under)
            mentions += 1

    def dm(self, text: str) -> Told:
        """Write to her, and wait for the answer."""
        data = self._post(f"/2/dm_conversations/with/{self._bot}/messages", {"text": text})
        return self._wait(Told(int(data["dm_event_id"]), "dm", data["dm_conversation_id"]))

    def mention(self, text: str, *, under: int | None = None) -> Told:
        """Post it, under another post if that is named, and wait for the answer."""
        post = self.post(text, under=under)
        found = self._x.get(f"/2/tweets/{post}", params={"tweet.fields": "conversation_id"}).raise_for_status()
        return self._wait(Told(post, "mention", found.json()["data"]["conversation_id"]))

    def post(self, text: str, *, under: int | None = None) -> int:
        """Post something that she need not answer; its id."""
        reply = {"reply": {"in_reply_to_tweet_id": str(under)}} if under else {}
        return int(self._post("/2/tweets", {"text": text, **reply})["id"])

    def answers(self, since: int = 0) -> list[Answer]:
        """All that she wrote to this person, or to nobody in particular, after an id; oldest first."""
        return sorted([*self._her_dms(since), *self._her_posts(since)], key=lambda answer: answer.id)

    def tally(self) -> Tally:
        """Count what came back for all that was told, as X shows it now."""
        return tally(self.told, self.answers(since=self.told[0].id))

    def _place(self, mentions: int) -> int | None:
        """The post that the next mention stands under."""
        if mentions % 3 == 1:
            hers = [answer.id for answer in self.answers(self.told[0].id) if answer.channel == "mention"]
            return hers[-1] if hers else None
        if mentions % 3 == 2:
            return self.post(f"Number {mentions} of the things on my mind.")
        return None

    def _wait(self, told: Told) -> Told:
        """Until it is answered where it stands, or patience is at its end."""
        self.told.append(told)
        started = time.monotonic()
        while time.monotonic() < started + self._patience_s:
            if tally([told], self._near(told)).replied_once:
                self.reply_s.append(time.monotonic() - started)
                break
            time.sleep(_LOOK_S)
        return told

    def _near(self, told: Told) -> list[Answer]:
        return self._her_dms(told.id) if told.channel == "dm" else self._her_posts(told.id)

    def _her_dms(self, since: int) -> list[Answer]:
        path = f"/2/dm_conversations/with/{self._bot}/dm_events"
        found = self._pages(path, since, {"dm_event.fields": "sender_id,text,dm_conversation_id"})
        return [
            Answer(int(event["id"]), "dm", event["dm_conversation_id"], event["text"])
            for event in found
            if event["sender_id"] == self._bot
        ]

    def _her_posts(self, since: int) -> list[Answer]:
        fields = "conversation_id,in_reply_to_user_id,referenced_tweets"
        found = self._pages(f"/2/users/{self._bot}/tweets", since, {"tweet.fields": fields})
        own = {int(post["id"]) for post in found}
        posts = [
            Answer(int(post["id"]), "mention", post["conversation_id"], post["text"], _replied_to(post))
            for post in found
            if post.get("in_reply_to_user_id") in (None, self._me, self._bot)
        ]
        # What stands under a post of her own is a later part of the same answer.
        return [post for post in posts if post.replied_to not in own]

    def _pages(self, path: str, since: int, fields: dict[str, str]) -> list[dict[str, Any]]:
        """What stands on a timeline after an id; pages are newest first, and read only so far."""
        found: list[dict[str, Any]] = []
        token: dict[str, str] = {}
        while True:
            page = self._x.get(path, params={**fields, **token, "max_results": 100}).raise_for_status().json()
            new = [item for item in page.get("data", []) if int(item["id"]) > since]
            found += new
            following = page["meta"].get("next_token")
            if not following or len(new) < len(page["data"]):
                return found
            token = {"pagination_token": following}

    def _post(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        response = self._x.post(path, json=body)
        assert response.status_code == 201, response.text
        data: dict[str, Any] = response.json()["data"]
        return data


def tally(told: Sequence[Told], answers: Sequence[Answer]) -> Tally:
    """Set each answer beside the message that it answers. Both are in order of their ids."""
    got: dict[int, list[Answer]] = {message.id: [] for message in told}
    counted = Tally(len(told))
    for answer in answers:
        message = _answered(told, answer, got)
        if message is None:
            counted.astray.append(answer)
        else:
            got[message.id].append(answer)
    counted.wrong_thread = len(counted.astray)
    counted.replied_once = sum(len(found) == 1 for found in got.values())
    counted.missing = sum(not found for found in got.values())
    counted.duplicates = sum(len(found) - 1 for found in got.values() if found)
    counted.out_of_order = sum(answer.id > later.id for one, later in pairwise(told) for answer in got[one.id])
    return counted


def mention_of(text: str) -> str:
    """The text as a post that names her, cut to what X takes."""
    return cut_to_length(f"@miaaibot {text.strip()}", POST_LENGTH).strip()


def percentiles(seconds: Sequence[float]) -> dict[str, float | None]:
    """The median and the 95th percentile."""
    if len(seconds) < 2:
        return {"p50": None, "p95": None}
    cuts = statistics.quantiles(seconds, n=100, method="inclusive")
    return {"p50": round(cuts[49], 2), "p95": round(cuts[94], 2)}


def states(demo: Demo, table: Literal["inbox", "outbox"]) -> dict[str, int]:
    """How many rows of the demo's database are in each state."""
    return dict(_rows(demo, f"SELECT state, count(*) FROM {table} GROUP BY state"))  # noqa: S608 - two fixed names


def idle(demo: Demo) -> bool:
    """Whether everything that came in has ended, and everything that was to go out has gone or died."""
    settled = {"done", "ignored", "sent", "dead"}
    waiting = _rows(demo, "SELECT count(*) FROM mailbox")[0][0]
    return not waiting and states(demo, "inbox").keys() | states(demo, "outbox").keys() <= settled


def _rows(demo: Demo, statement: str) -> list[Any]:
    with closing(sqlite3.connect(f"file:{demo.data / 'mia.sqlite3'}?mode=ro", uri=True, timeout=10)) as database:
        return database.execute(statement).fetchall()


def _answered(told: Sequence[Told], answer: Answer, got: dict[int, list[Answer]]) -> Told | None:
    """A post says itself what it answers. A DM answers the latest DM before it, unless that has its answer already
    and a mention came after it: then the mention was answered in private."""
    if answer.channel == "mention":
        place = (answer.replied_to, answer.conversation)
        return next((message for message in told if (message.id, message.conversation) == place), None)
    before = [message for message in told if message.id < answer.id]
    dms = [message for message in before if message.conversation == answer.conversation]
    if not dms or (dms[-1] != before[-1] and got[dms[-1].id]):
        return None
    return dms[-1]


def _replied_to(post: dict[str, Any]) -> int | None:
    replied = (ref["id"] for ref in post.get("referenced_tweets", []) if ref["type"] == "replied_to")
    return next((int(post_id) for post_id in replied), None)
