"""Sessions: messages without a gap longer than the configured idle time."""

from datetime import datetime, timedelta

from mia_core.settings import PersonaSettings
from mia_core.tables import Person


def goes_on(person: Person, settings: PersonaSettings, now: datetime) -> bool:
    """Whether what is said now belongs to the person's latest session."""
    if person.session_id is None or person.last_message_at is None:
        return False
    return now - person.last_message_at <= timedelta(minutes=settings.session_idle_min)
