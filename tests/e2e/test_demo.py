"""`mia demo` from start to stop, as real processes."""

import signal
import socket
from collections.abc import Iterator
from pathlib import Path

import httpx
import psutil
import pytest

from tests.e2e.running import Demo, Person, free_port, running_demo, until


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    """One demo for all tests that only talk with it."""
    with running_demo(tmp_path_factory.mktemp("demo") / "data") as started:
        yield started.wait_until_ready()


@pytest.fixture
def person(demo: Demo) -> Iterator[Person]:
    someone = demo.person()
    yield someone
    someone.close()


def test_it_says_where_to_talk_with_her_and_that_a_script_answers(demo: Demo) -> None:
    assert demo.origin in demo.said
    assert "a script answers, not Grok" in demo.said


def test_each_dm_gets_one_answer_and_what_was_told_is_remembered(demo: Demo, person: Person) -> None:
    before = len(person.answers())
    person.say("Hi MIA! My dog is called Luna and I start a new job in Lisbon on Monday.")
    assert "luna" in person.say("What is my dog's name?").lower()
    assert len(person.answers()) == before + 2


def test_a_mention_gets_one_public_answer_with_nothing_private_in_it(demo: Demo, person: Person) -> None:
    person.say("My cat is called Miolo.")
    post = person.post("@miaaibot what do you know about my cat?")
    until(lambda: person.replies_to(post), "a reply to the mention")
    person.say("Did you answer me in public?")  # she has looked at mentions again by now
    (reply,) = person.replies_to(post)
    assert "miolo" not in reply["text"].lower()
    assert {"type": "replied_to", "id": post} in reply["referenced_tweets"]


def test_her_site_is_up_and_ready(demo: Demo) -> None:
    assert httpx.get(f"{demo.site}/readyz", trust_env=False).json()["ready"] is True
    assert "AI companion" in httpx.get(demo.site, trust_env=False).text


def test_the_live_log_names_process_and_event_and_no_words_of_people(demo: Demo, person: Person) -> None:
    person.say("The password of my diary is Ravioli.")
    until(lambda: "turn_taken" in demo.said, "the turn in the log")
    assert "  bot      turn_taken  outcome=answered" in demo.said
    assert "Ravioli" not in demo.said


def test_ctrl_c_stops_every_process_and_the_next_start_goes_on_where_it_was(tmp_path: Path) -> None:
    with running_demo(tmp_path / "data") as demo:
        children = demo.wait_until_ready().children()
        assert set(children) == {"sandbox", "bot", "site", "jobs"}
        person = demo.person("kwame_asante")
        person.say("My sister is called Abena.")
        person.close()
        assert demo.interrupt() == 0
        assert not [child for child in children.values() if child.is_running()]
        assert demo.said.index("bot_stopped") < demo.said.index("sandbox_stopped")
        assert "Traceback" not in demo.said
    with running_demo(tmp_path / "data") as demo:
        person = demo.wait_until_ready().person("kwame_asante")
        assert "abena" in person.say("What is my sister's name?").lower()
        assert len(person.answers()) == 2
        person.close()
        demo.process.send_signal(signal.SIGTERM)
        assert demo.process.wait(20) == 0


def test_fresh_begins_anew_and_leaves_alone_what_is_not_the_demos(tmp_path: Path) -> None:
    data = tmp_path / "data"
    data.mkdir()
    (data / "notes.txt").write_text("mine")
    (data / "mia.sqlite3").write_text("an older demo's")
    (data / "sandbox.json").write_text("an older demo's")
    with running_demo(data, "--fresh") as demo:
        demo.wait_until_ready()
        assert demo.interrupt() == 0
    assert (data / "notes.txt").read_text() == "mine"


def test_a_process_that_dies_ends_the_demo_with_the_reason(tmp_path: Path) -> None:
    with running_demo(tmp_path / "data") as demo:
        children = demo.wait_until_ready().children()
        children["jobs"].kill()
        assert demo.process.wait(20) == 1
        assert "mia: the jobs ended with exit code -9" in demo.said
        assert not [child for child in children.values() if child.is_running()]


def test_no_process_outlives_a_demo_that_was_killed(tmp_path: Path) -> None:
    with running_demo(tmp_path / "data") as demo:
        children = list(demo.wait_until_ready().children().values())
        demo.process.kill()
        _, alive = psutil.wait_procs(children, timeout=20)
        assert not alive


def test_a_busy_port_is_one_clear_sentence(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        with running_demo(tmp_path / "data", port=port) as demo:
            assert demo.process.wait(20) == 2
            said = f"mia: --port: port {port} on 127.0.0.1 is in use by another program; choose another\n"
            assert demo.said == said


def test_a_second_demo_in_the_same_folder_is_refused(demo: Demo) -> None:
    with running_demo(demo.data, port=free_port()) as second:
        assert second.process.wait(20) == 2
        assert "another demo uses this folder" in second.said


def test_with_a_key_it_says_that_grok_answers_and_never_prints_the_key(tmp_path: Path) -> None:
    with running_demo(tmp_path / "data", XAI_API_KEY="xai-not-a-real-key") as demo:
        demo.wait_until_ready()
        assert "Grok (grok-4.3) answers; xAI bills it, at most $10 a day" in demo.said
        assert "not-a-real-key" not in demo.said
        assert demo.interrupt() == 0
