"""A relationship over months: `python -m tests.bench.feelings --data FILE --json` draws mood and trust.

One speaker of each long conversation is the person, and what they say is appraised by the sandbox's script, which
goes by words alone (a model hears more); everything after the appraisal is the program's own. Writes one SVG for
each conversation into `--plots`. FILE has LoCoMo's form; by default it is `locomo/dev.json` in the folder that
MIA_REFERENCE_DATA names.
"""

import argparse
import json
import os
import sys
from datetime import datetime
from pathlib import Path
from typing import Any

from mia_bot.sandbox.xai.reading import read_prompt
from mia_bot.sandbox.xai.script import compose
from mia_core.emotion.cause import moved
from mia_core.emotion.feeling import Feeling, as_of, feel
from mia_core.emotion.plot import timeline_svg
from mia_core.emotion.timeline import Point
from mia_core.events import Author, Event
from mia_core.prompt.compose import Prompts
from mia_core.prompt.scene import PrivateScene
from mia_core.xai.answer import Appraisal
from tests.bench.locomo import Conversation, read_file

_PROMPTS = Prompts(username="miaaibot")


def replay(conversation: Conversation) -> list[Point]:
    """What she feels as each message of the person comes, and what it moves."""
    points: list[Point] = []
    feeling: Feeling | None = None
    for number, spoken in enumerate(conversation.spoken):
        if spoken.by_mia:
            continue
        before = as_of(feeling, spoken.at) if feeling else Feeling(at=spoken.at)
        appraisal = appraised(spoken.text, spoken.at)
        feeling = feel(before, appraisal, spoken.at)
        points.append(_point(before, moved(before, feeling, appraisal, str(number)).causes))
    return points


def appraised(text: str, at: datetime) -> Appraisal:
    """What the sandbox's script makes of a message."""
    author = Author(person_id=1, username="ana", name="Ana")
    event = Event(source="dm", event_id="1", author=author, at=at, text=text, conversation="1", address="1")
    scene = PrivateScene(now=at, events=[event], history=(), memories=(), feeling=Feeling(at=at))
    return compose(read_prompt(_PROMPTS.private(scene))).appraisal


def _point(feeling: Feeling, causes: tuple[str, ...]) -> Point:
    towards = feeling.relationship
    return Point(
        at=feeling.at,
        mood=feeling.mood.pleasure,
        trust=towards.trust,
        familiarity=towards.familiarity,
        warmth=towards.warmth,
        tension=towards.tension,
        causes=causes,
    )


def figures(points: list[Point]) -> dict[str, Any]:
    """How far each value went, where it ended, and how often each cause moved her."""
    names = ("mood", "trust", "familiarity", "warmth", "tension")
    causes = [cause for point in points for cause in point.causes]
    return {
        "messages": len(points),
        "days": len({point.at.date() for point in points}),
        **{name: _range([getattr(point, name) for point in points]) for name in names},
        "causes": {cause: causes.count(cause) for cause in sorted(set(causes))},
    }


def _range(values: list[float]) -> dict[str, float]:
    return {"min": round(min(values), 3), "max": round(max(values), 3), "end": round(values[-1], 3)}


def main() -> None:
    """Read the arguments, write the plots, print the figures."""
    reference = os.environ.get("MIA_REFERENCE_DATA")
    parser = argparse.ArgumentParser(
        prog="tests.bench.feelings", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--data", type=Path, default=Path(reference) / "locomo" / "dev.json" if reference else None
    )
    parser.add_argument("--plots", type=Path, default=Path("plots"), help="folder for the pictures")
    parser.add_argument("--json", action="store_true", help="the figures as one JSON document on one line")
    arguments = parser.parse_args()
    if arguments.data is None:
        sys.exit("feelings: name a file by --data, or set MIA_REFERENCE_DATA to the folder of the reference data")
    arguments.plots.mkdir(parents=True, exist_ok=True)
    found = []
    for number, conversation in enumerate(read_file(arguments.data), start=1):
        points, plot = replay(conversation), arguments.plots / f"conversation-{number}.svg"
        plot.write_text(timeline_svg(points, f"Mood and trust over {len(points)} messages"), encoding="utf-8")
        found.append({"plot": str(plot), **figures(points)})
    print(json.dumps({"conversations": found}, indent=None if arguments.json else 2))


if __name__ == "__main__":
    main()
