"""Stop words: X asks that "stop" is obeyed at once, and a way back is owed to the person."""

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from mia_core.events import Event

STOP_WORDS = {
    "en": ("stop", "unsubscribe", "opt out", "stop messaging me", "leave me alone"),
    "es": ("para", "basta", "detente", "deja de escribirme"),
    "pt": ("pare", "parar", "chega"),
    "fr": ("arrête", "arrêtez", "arrêter"),
    "de": ("stopp", "aufhören", "hör auf"),
    "it": ("smetti", "fermati", "smettila"),
    "ja": ("やめて", "停止", "ストップ"),
    "ko": ("그만", "중지"),
    "hi": ("रुको", "बंद करो"),
    "ar": ("توقف", "قف"),
    "tr": ("dur", "durdur"),
    "id": ("berhenti", "hentikan"),
}
"""By language; each counts in every language, as the whole of a message."""
START_WORDS = frozenset({"start", "resume", "start again"})


@dataclass(frozen=True)
class Verdict:
    """How a turn ends without the model."""

    outcome: Literal["stopped", "started", "silent"]


def check(events: Sequence[Event], *, stopped: bool) -> Verdict | None:
    """The verdict on what a person says, or None when it goes on to the model.

    `stopped`: they said stop before. Then everything but a start word is passed over in silence.
    """
    said = {_plain(event.text) for event in events}
    if said & START_WORDS and stopped:
        return Verdict("started")
    if stopped:
        return Verdict("silent")
    return Verdict("stopped") if said & _STOP else None


def _plain(text: str) -> str:
    """The words alone: no case, no punctuation, single spaces."""
    kept = (" " if unicodedata.category(letter)[0] in "PSZC" else letter for letter in text)
    return " ".join("".join(kept).casefold().split())


_STOP = frozenset(_plain(word) for words in STOP_WORDS.values() for word in words)
