"""Her fixed texts, by name. In English; the catalogue of translations comes to stand here."""

from string import Template
from typing import Literal

Name = Literal[
    "refused",
    "garbled",
    "given_up",
    "stopped",
    "started",
    "first_contact",
    "remembered",
    "remembered_none",
    "remembered_more",
    "recall_paused",
    "forget_ask",
    "forget_all_ask",
    "forget_messages",
    "forget_none",
    "say_yes",
    "forgotten",
    "left_as_it_is",
    "paused",
    "resumed",
    "why_memories",
    "why_no_memories",
    "why_feeling",
    "why_none",
    "help_head",
]

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
    "remembered": "This is what I remember about you:",
    "remembered_none": "I have no memories about you yet.",
    "remembered_more": "… and $count more.",
    "recall_paused": "My memory is paused, as you asked. Say “resume memory” and I will use it again.",
    "forget_ask": "Shall I forget this, for good?",
    "forget_all_ask": (
        "Shall I forget everything about you, and all that we have written here, for good? "
        "Say yes, and it is gone; anything else, and it stays."
    ),
    "forget_messages": "- and $count of our messages",
    "forget_none": "I remember nothing of that.",
    "say_yes": "Say yes, and it is gone; anything else, and it stays.",
    "forgotten": "Done. I have forgotten it.",
    "left_as_it_is": "All right, I leave it as it is.",
    "paused": "I will not learn anything new, nor use what I remember, until you say “resume memory”.",
    "resumed": "I remember again from now on.",
    "why_memories": "Behind what I said stood this:",
    "why_no_memories": "I used no memories for it, only what we had just written.",
    "why_feeling": "And I felt $emotion; my mood was $mood.",
    "why_none": "I have not said anything yet that I could explain.",
    "help_head": "You can tell me, in words like these:",
}


def fixed_text(name: Name, **values: str) -> str:
    """A text with its values filled in."""
    return Template(_TEXTS[name]).substitute(values)
