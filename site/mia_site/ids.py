"""Ids as people and browsers send them: digits, and no larger than a database holds."""

_LARGEST = 2**63 - 1


def read_id(text: str) -> int | None:
    """The id, or None for what is none."""
    if not text.isascii() or not text.isdecimal() or len(text) > len(str(_LARGEST)):
        return None
    number = int(text)
    return number if number <= _LARGEST else None
