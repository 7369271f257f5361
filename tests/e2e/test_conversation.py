"""A long talk with a running demo: each message gets exactly one answer, in order, where it was said."""

from collections.abc import Iterator

import pytest

from tests.e2e.conversations import AMELIE
from tests.e2e.running import Demo, running_demo, until
from tests.e2e.talk import Answer, Talk, Tally, Told, idle, mention_of, states, tally


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    with running_demo(tmp_path_factory.mktemp("conversation") / "data") as started:
        yield started.wait_until_ready()


def test_each_message_of_a_talk_gets_one_answer_in_order_and_in_its_place(demo: Demo) -> None:
    with Talk(demo, patience_s=20) as talk, Talk(demo, "kwame_asante") as other:
        talk.say_all(AMELIE)
        until(lambda: idle(demo), "everything is settled")
        other.dm("Is it quiet here now?")
        other.dm("And now?")  # she has looked twice since
        other.mention("@miaaibot hello from somebody else")
        until(lambda: idle(demo), "everything is settled again")
        assert talk.tally().perfect, (talk.tally(), talk.tally().astray)
        assert len(talk.told) == len(AMELIE)
        assert other.tally().perfect
    said = len(AMELIE) + 3
    assert states(demo, "inbox") == {"done": said}
    assert states(demo, "outbox") == {"sent": said}
    assert "Traceback" not in demo.said


DM, POST = Told(10, "dm", "1-2"), Told(20, "mention", "20")
TO_DM, TO_POST = Answer(11, "dm", "1-2", ""), Answer(21, "mention", "20", "", replied_to=20)


@pytest.mark.parametrize(
    ("answers", "found"),
    [
        ([TO_DM, TO_POST], Tally(2, replied_once=2)),
        ([TO_DM], Tally(2, replied_once=1, missing=1)),
        ([TO_DM, Answer(12, "dm", "1-2", ""), TO_POST], Tally(2, replied_once=1, duplicates=1)),
        ([TO_POST, Answer(22, "dm", "1-2", "")], Tally(2, replied_once=2, out_of_order=1)),
        ([TO_DM, Answer(22, "dm", "1-2", "")], Tally(2, replied_once=1, missing=1, wrong_thread=1)),
        ([TO_DM, Answer(21, "mention", "21", "")], Tally(2, replied_once=1, missing=1, wrong_thread=1)),
    ],
    ids=["perfect", "missing", "twice", "late", "in private", "under nothing"],
)
def test_the_tally_tells_what_went_wrong(answers: list[Answer], found: Tally) -> None:
    counted = tally([DM, POST], answers)
    counted.astray.clear()
    assert counted == found


def test_a_long_text_is_cut_to_what_a_post_may_hold() -> None:
    assert mention_of("a" * 300) == "@miaaibot " + "a" * 270
