"""Notices beside a reply: that she is an AI, where the policy is, how to stop, that a break may do good."""

from collections.abc import Sequence
from datetime import timedelta

from mia_core.gate.check import is_minor
from mia_core.gate.disclosure import notice_due
from mia_core.gate.language import language_of
from mia_core.inbox import Claim
from mia_core.record import TurnRecord
from mia_core.sessions import goes_on
from mia_core.settings import Settings
from mia_core.texts.fixed import fixed_text

_WITHOUT = frozenset({"crisis", "stopped"})
"""Outcomes whose text says itself that she is an AI, or that is the last one."""
_ROOM = 8_000
"""Characters of a message from which on a notice beside it is a message of its own; X takes 10,000 in a DM."""


def notice_for(settings: Settings, claim: Claim, record: TurnRecord) -> str | None:
    """The notice that is due with what the record says, if one is; a public one is as short as can be.

    The first in a private channel says where the privacy policy is, and how to stop.
    """
    now, person = record.started_at, claim.person
    began = person.session_started_at if goes_on(person, settings.persona, now) else None
    minor = is_minor(claim.care, now) or "minor_until" in record.care.columns
    due = notice_due(claim.told_ai_at, began, now, minor=minor)
    if due is None or record.outcome in _WITHOUT:
        return None
    language = record.language or language_of(claim)
    if claim.events[0].public:
        return fixed_text("ai_public", language)
    if due == "first":
        return fixed_text("first_contact", language, origin=settings.site.origin)
    if due == "break" and began:
        return fixed_text("ai_break", language, hours=str((now - began) // timedelta(hours=1)))
    return fixed_text("ai_again", language)


def beside(texts: Sequence[str], notice: str) -> list[str]:
    """The texts with a notice after the last one; as a message of its own where that is long."""
    *before, last = texts
    return [*before, f"{last}\n\n{notice}"] if len(last) < _ROOM else [*before, last, notice]
