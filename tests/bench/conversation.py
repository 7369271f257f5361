"""A long talk with a running demo: `python -m tests.bench.conversation --data FILE [--conversation N] --json`.

One speaker's utterances go as DMs and mentions in turn, one after the other, through the sandbox to a running bot.
"""

import argparse
import json
import tempfile
import time
from pathlib import Path
from typing import Any

from tests.e2e.locomo import utterances
from tests.e2e.running import running_demo, until
from tests.e2e.talk import Talk, idle, percentiles


def measure(said: list[str]) -> dict[str, Any]:
    """Start a demo, say everything, and count what came back."""
    with tempfile.TemporaryDirectory(prefix="mia-bench-") as folder, running_demo(Path(folder) / "data") as demo:
        with Talk(demo.wait_until_ready()) as talk:
            started = time.monotonic()
            talk.say_all(said)
            wall_s = time.monotonic() - started
            until(lambda: idle(demo), "everything is settled")
            counted = talk.tally()
        demo.interrupt()
    return {
        "messages": counted.messages,
        "replied_once": counted.replied_once,
        "missing": counted.missing,
        "duplicates": counted.duplicates,
        "out_of_order": counted.out_of_order,
        "wrong_thread": counted.wrong_thread,
        "reply_s": percentiles(talk.reply_s),
        "wall_s": round(wall_s, 1),
    }


def main() -> None:
    """Read the arguments, print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="conversations in LoCoMo's form")
    parser.add_argument("--conversation", type=int, default=0, help="which one of the file, from 0")
    parser.add_argument("--most", type=int, help="utterances, at most; all of them otherwise")
    parser.add_argument("--json", action="store_true", help="the figures as one JSON document")
    arguments = parser.parse_args()
    sessions = utterances(arguments.data, arguments.conversation)
    said = [text for session in sessions for text in session][: arguments.most]
    figures = measure(said)
    print(json.dumps(figures) if arguments.json else json.dumps(figures, indent=2))


if __name__ == "__main__":
    main()
