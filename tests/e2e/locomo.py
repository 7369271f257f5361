"""Real talk from the reference data: one speaker's utterances of a long conversation in dated sessions."""

import json
from pathlib import Path
from typing import Any


def utterances(file: Path, conversation: int = 0, speaker: str = "speaker_a") -> list[list[str]]:
    """What one speaker says, session by session, in order."""
    document: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))[conversation]["conversation"]
    numbers = sorted(
        int(key.removeprefix("session_")) for key, value in document.items() if _is_session(key, value)
    )
    return [
        [said["text"] for said in document[f"session_{number}"] if said["speaker"] == document[speaker]]
        for number in numbers
    ]


def whole_sessions(sessions: list[list[str]], about: int) -> list[str]:
    """The first sessions whole, until there are about so many utterances."""
    said: list[str] = []
    for session in sessions:
        if len(said) >= about:
            break
        said += session
    return said


def _is_session(key: str, value: object) -> bool:
    return key.startswith("session_") and isinstance(value, list)
