"""People's real talk, from the reference data: each utterance gets exactly one answer, in order, in its place."""

import os
from pathlib import Path

from tests.e2e.locomo import utterances, whole_sessions
from tests.e2e.running import running_demo, until
from tests.e2e.talk import Talk, idle, states

DATA = Path(os.environ["MIA_REFERENCE_DATA"]) / "locomo" / "dev.json"
ABOUT = 38
"""Four sessions; `python -m tests.bench.conversation` sends all of them."""


def test_each_utterance_of_one_speaker_gets_one_answer_in_order_and_in_its_place(tmp_path: Path) -> None:
    said = whole_sessions(utterances(DATA), ABOUT)
    with running_demo(tmp_path / "data") as demo, Talk(demo.wait_until_ready(), patience_s=20) as talk:
        talk.say_all(said)
        until(lambda: idle(demo), "everything is settled")
        assert talk.tally().perfect, (talk.tally(), talk.tally().astray)
        assert states(demo, "inbox") == {"done": len(said)}
        assert states(demo, "outbox") == {"sent": len(said)}
