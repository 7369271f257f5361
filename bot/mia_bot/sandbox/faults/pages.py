"""What faults make of a page: objects left out for a while, repeated, in disorder, with moments that are off."""

from datetime import datetime, timedelta
from typing import Any

from mia_bot.sandbox.faults.dice import Dice
from mia_bot.sandbox.fields import iso

_LISTINGS = ("/mentions", "/dm_events", "/search/recent")


def is_listing(path: str) -> bool:
    """Whether a path answers with a page of what there is, rather than with what was asked for by id."""
    return path.endswith(_LISTINGS) or (path.startswith("/2/users/") and path.endswith("/tweets"))


def spoiled_page(document: dict[str, Any], dice: Dice) -> dict[str, Any]:
    """The document as a server with these faults gives it; the token of the next page stays."""
    data = document.get("data")
    if not isinstance(data, list):
        return document
    shown = [item for item in data if not dice.hides(str(item.get("id")))]
    if shown and dice.strikes("page_repeats"):
        shown.insert(dice.random.randrange(len(shown) + 1), dice.random.choice(shown))
    if len(shown) > 1 and dice.strikes("page_disorders"):
        dice.random.shuffle(shown)
    meta = {**document.get("meta", {}), "result_count": len(shown)}
    rest = {name: part for name, part in document.items() if name != "data"}
    return {**({"data": shown} if shown else {}), **rest, "meta": meta}


def skewed(document: Any, by: timedelta) -> Any:
    """The document with every `created_at` moved."""
    if isinstance(document, dict):
        return {
            name: _moved(part, by) if name == "created_at" and isinstance(part, str) else skewed(part, by)
            for name, part in document.items()
        }
    return [skewed(part, by) for part in document] if isinstance(document, list) else document


def _moved(moment: str, by: timedelta) -> str:
    return iso(datetime.fromisoformat(moment) + by)
