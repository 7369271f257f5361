"""Events as the receivers make them, for tests."""

from datetime import UTC, datetime
from typing import Any

from mia_core.events import Author, Event

ANA = Author(person_id=1001, username="ana", name="Ana")
BRUNO = Author(person_id=1002, username="bruno", name="Bruno")
NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


def dm(text: str, *, event_id: str = "1", author: Author = ANA, **changes: Any) -> Event:
    """A direct message to MIA."""
    values: dict[str, Any] = {
        "source": "dm",
        "event_id": event_id,
        "author": author,
        "at": NOON,
        "text": text,
        "conversation": f"{author.person_id}-1",
        "address": str(author.person_id),
    }
    return Event(**(values | changes))


def mention(text: str, *, event_id: str = "500", author: Author = ANA, **changes: Any) -> Event:
    """A public post that mentions MIA."""
    values: dict[str, Any] = {
        "source": "mention",
        "event_id": event_id,
        "author": author,
        "at": NOON,
        "text": text,
        "conversation": event_id,
        "address": event_id,
    }
    return Event(**(values | changes))
