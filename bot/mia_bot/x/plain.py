"""X's texts as people wrote them: X's escapes taken back, and characters that no database takes gone."""

import re

_ESCAPES = {"&amp;": "&", "&lt;": "<", "&gt;": ">"}
_ESCAPE = re.compile("|".join(_ESCAPES))
# Null bytes and lone surrogates break PostgreSQL; the rest of the control characters mean nothing in a text.
_UNFIT = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff]")


def unescaped(text: str) -> str:
    """The text with the three characters back that X escapes, and no others: `&copy` is what somebody wrote."""
    return _ESCAPE.sub(lambda found: _ESCAPES[found[0]], text)


def fit(text: str) -> str:
    """The text without characters that cannot be stored; tabs and line breaks stay."""
    return _UNFIT.sub("", text)
