"""Text that every database and every JSON reader takes: without null bytes and halves of characters."""

import re
from collections.abc import Mapping
from typing import Any

_UNWANTED = re.compile(r"\x00|[\ud800-\udfff]")


def clean(text: str) -> str:
    """The text without null bytes; halves of a surrogate pair become one character, or U+FFFD when alone."""
    if not _UNWANTED.search(text):
        return text
    return text.replace("\x00", "").encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def cleaned(value: Any) -> Any:
    """A JSON value with every string in it cleaned."""
    if isinstance(value, str):
        return clean(value)
    if isinstance(value, Mapping):
        return {clean(str(key)): cleaned(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [cleaned(item) for item in value]
    return value
