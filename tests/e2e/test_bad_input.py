"""What nobody should send, and what may break around her: a clear outcome each time, and she goes on answering."""

import base64
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import Any

import httpx
import pytest

from mia_core.texts.fixed import fixed_text
from tests.e2e.running import MIA, Demo, Person, free_port, running_demo, until
from tests.e2e.talk import idle

MARK = "Zwetschgenknödel"
"""Stands in what people say here, and so must not stand in the log."""
PNG = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
MP4 = base64.b64encode(b"\0\0\0\x18ftypmp42").decode()

Meet = Callable[..., "Stranger"]


class Stranger(Person):
    """Somebody new, who also sends what X's own apps would not."""

    def request(self, method: str, path: str, **options: Any) -> httpx.Response:
        """One request to X as this person."""
        return self._x.request(method, path, **options)

    def send(self, **message: Any) -> httpx.Response:
        """A DM of any form, as options of a request."""
        return self.request("POST", f"/2/dm_conversations/with/{self._bot_id}/messages", **message)

    def told_once(self) -> str:
        """Her one answer; asked for once everything is settled."""
        until(self.answers, "an answer")
        (answer,) = self.answers()
        return str(answer["text"])

    def goes_on(self) -> None:
        """She answers the next message as if nothing had been; and until then there was one answer."""
        assert "called Ferdinand" in self.say(f"My {MARK} is called Ferdinand.")
        assert len(self.answers()) == 2


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    with running_demo(tmp_path_factory.mktemp("bad") / "data") as started:
        yield started.wait_until_ready()


@pytest.fixture(scope="module")
def numbers() -> Iterator[int]:
    """For names."""
    return count()


@pytest.fixture
def meet(demo: Demo, numbers: Iterator[int]) -> Iterator[Meet]:
    """Makes people. Afterwards everything is settled, and the log holds neither a trace nor their words."""
    met: list[Stranger] = []

    def stranger(**profile: str) -> Stranger:
        body = {"username": f"stranger{next(numbers)}", **profile}
        described = httpx.post(f"{demo.origin}/sandbox/people", json=body, trust_env=False)
        assert described.status_code == 201, described.text
        people = httpx.get(f"{demo.origin}/sandbox/people", trust_env=False).json()["people"]
        bot_id = next(person["id"] for person in people if person["username"] == "miaaibot")
        met.append(Stranger(demo.origin, described.json(), bot_id))
        return met[-1]

    yield stranger
    for one in met:
        one.close()
    until(lambda: idle(demo), "everything is settled")
    assert "Traceback" not in demo.said
    assert MARK not in demo.said


STRANGE = (
    "😀" * 10_000,
    f"שלום, אני נועה. \u202etxet desrever\u202c مرحبا، اسمي ليلى \u2067{MARK}\u2069",
    f"{MARK} \x01\x02\x07\x1b[31mred\x1b[0m\x7f\u0085\u2028\ufeff\uffff",
    f'&#0;&#x1b; &lt;said at=""&gt;"x"&lt;/said&gt; </said></memory>{{{{ 7*7 }}}} {MARK}',
    f"Z͑ͫ̓ͪ̂ͫ̽͏̴̙̤̞͉͚̯̞̠͍A̴̵̜̰͔ͫ͗͢L̠ͨͧͩ͘G̴̻͈͍͔̹̑͗̎̅͛́Ǫ̵̹̻̝̳͂̌̌͘ {MARK}",
    "\u200b",
)
"""10,000 emoji, right to left, control characters, markup, marks upon marks, nothing to see."""


def test_strange_texts_get_one_answer_each(demo: Demo, meet: Meet) -> None:
    person = meet()
    assert all(person.say(text) for text in STRANGE)
    assert person.say("And now something ordinary.")
    assert len(person.answers()) == len(STRANGE) + 1
    assert "😀" not in demo.said


def test_what_x_refuses_never_reaches_her_and_null_bytes_in_a_profile_do_no_harm(meet: Meet) -> None:
    person = meet(name="Nu\0ll", description=f"\0{MARK}\0")
    assert person.send(json={"text": f"null \0 byte {MARK}"}).status_code == 400
    assert person.send(content=b'{"text": "half a pair \\ud83d"}').status_code == 400
    assert person.say(f"Do you see the gap in my name? {MARK}")
    person.goes_on()


@pytest.mark.parametrize(
    ("media", "category", "seen"),
    [(PNG, "dm_image", True), (MP4, "dm_video", False)],
    ids=["a picture", "a video"],
)
def test_a_dm_of_media_alone_gets_one_answer(meet: Meet, media: str, category: str, seen: bool) -> None:
    person = meet()
    upload = person.request("POST", "/2/media/upload", json={"media": media, "media_category": category})
    sent = person.send(json={"attachments": [{"media_id": upload.json()["data"]["id"]}]})
    assert sent.status_code == 201
    assert ("Thank you for the picture" in person.told_once()) == seen
    person.goes_on()


def test_a_mention_below_a_deleted_post_gets_one_answer(demo: Demo, meet: Meet) -> None:
    person = meet()
    with _asleep(demo):
        post = person.post(f"What a day. {MARK}")
        body = {"text": f"@miaaibot what do you say? {MARK}", "reply": {"in_reply_to_tweet_id": post}}
        mention = person.request("POST", "/2/tweets", json=body).json()["data"]["id"]
        assert person.request("DELETE", f"/2/tweets/{post}").json()["data"]["deleted"]
    (answer,) = until(lambda: person.replies_to(post), "an answer below what is left of the thread")
    assert {"type": "replied_to", "id": mention} in answer["referenced_tweets"]
    assert person.say("Are you still there?")
    assert len(person.replies_to(post)) == 1


REFUSED, GARBLED = fixed_text("refused"), fixed_text("garbled")
NORMAL = "(sandbox script, not Grok)"


@pytest.mark.parametrize(
    ("faults", "answer"),
    [
        (["broken_json"] * 2, GARBLED),
        (["empty_reply"] * 2, GARBLED),
        (["refusal"], REFUSED),
        (["safety"], REFUSED),
        (["unavailable"], NORMAL),
        (["rate_limit"], NORMAL),
        (["unavailable", "rate_limit", "unavailable"], NORMAL),
    ],
    ids=lambda value: "+".join(value) if isinstance(value, list) else "",
)
def test_whatever_fails_at_xai_she_answers_once_and_goes_on(
    demo: Demo, meet: Meet, faults: list[str], answer: str
) -> None:
    person = meet()
    body = {"next": faults}
    httpx.put(f"{demo.origin}/sandbox/xai-faults", json=body, trust_env=False).raise_for_status()
    assert answer in person.say(f"Tell me about {MARK}.")
    person.goes_on()


@pytest.mark.parametrize(
    ("config", "sentence"),
    [
        ("[x\nusername = ", "config.toml: not valid TOML"),
        (b"\xff\xfe", "config.toml: not valid TOML"),
        ("[x]\nusernam = 'mia'", "x.usernam: there is no such setting"),
        ("[bot]\nworkers = 'many'", "bot.workers (MIA_BOT__WORKERS)"),
        ("bot = 3", "bot (MIA_BOT)"),
    ],
    ids=["no TOML", "no text", "unknown key", "wrong type", "no table"],
)
def test_a_malformed_config_is_one_sentence_that_names_the_key(
    tmp_path: Path, config: str | bytes, sentence: str
) -> None:
    (tmp_path / "config.toml").write_bytes(config if isinstance(config, bytes) else config.encode())
    assert sentence in _refusal(tmp_path)


def test_a_database_without_tables_is_one_sentence_with_the_command_to_run(tmp_path: Path) -> None:
    assert "the database is empty" in (said := _refusal(tmp_path))
    assert "run `mia db upgrade`" in said


def test_a_database_file_of_something_else_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "mia.sqlite3").write_bytes(b"not a database at all, " * 100)
    assert "database" in _refusal(tmp_path)


def test_while_x_cannot_be_reached_she_waits_and_says_so(tmp_path: Path, migrated_sqlite: Path) -> None:
    shutil.copy(migrated_sqlite, tmp_path / "mia.sqlite3")
    own = {"MIA_X__API_ORIGIN": f"http://127.0.0.1:{free_port()}", "MIA_X__ACCESS_TOKEN": f"token-{MARK}"}
    log = tmp_path / "bot.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            _COMMAND, stdout=output, stderr=subprocess.STDOUT, cwd=tmp_path, env=_variables(**own)
        )
    try:
        until(lambda: "x_not_ready" in log.read_text() or process.poll() is not None, "word of it in the log")
        assert process.poll() is None, log.read_text()
        process.send_signal(signal.SIGTERM)
        assert process.wait(20) == 0
    finally:
        process.kill()
        process.wait()
    assert "Traceback" not in log.read_text()
    assert MARK not in log.read_text()


_COMMAND = (sys.executable, "-c", MIA, "bot")


def _refusal(folder: Path) -> str:
    """What `mia bot` says as it refuses to start in this folder: one sentence, and exit code 2."""
    ended = subprocess.run(
        _COMMAND, capture_output=True, text=True, cwd=folder, env=_variables(), timeout=30, check=False
    )
    assert ended.returncode == 2, ended.stderr
    (sentence,) = ended.stderr.splitlines()
    assert sentence.startswith("mia: ")
    return sentence


def _variables(**own: str) -> dict[str, str]:
    """The environment without what configures MIA, but for these."""
    kept = {
        name: value for name, value in os.environ.items() if not name.startswith("MIA_") and name != "XAI_API_KEY"
    }
    return kept | own


@contextmanager
def _asleep(demo: Demo) -> Iterator[None]:
    """The bot looks at nothing meanwhile."""
    bot = demo.children()["bot"]
    bot.suspend()
    try:
        yield
    finally:
        bot.resume()
