"""Her fixed texts, by name. In English; the catalogue of translations comes to stand here."""

from string import Template
from typing import Literal

Name = Literal["refused", "garbled", "given_up", "stopped", "started", "first_contact"]

_TEXTS: dict[Name, str] = {
    "refused": "That is something I can't talk about. Tell me about something else that is on your mind?",
    "garbled": "I lost my thread just now, sorry. Could you say that again?",
    "given_up": "Something went wrong on my side and I could not answer you, sorry. Please try again later.",
    "stopped": "All right, I will not write to you any more. If you change your mind, just send START.",
    "started": "Good to have you back! I am listening again.",
    "first_contact": (
        "(I'm MIA, an AI, not a human. What I keep about you and how to have it deleted: $origin/privacy - "
        "say STOP and I will not write again.)"
    ),
}


def fixed_text(name: Name, **values: str) -> str:
    """A text with its values filled in."""
    return Template(_TEXTS[name]).substitute(values)
