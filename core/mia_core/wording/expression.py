"""Shapes of a language as one regular expression: which of several names has matched, and what was captured."""

from collections.abc import Mapping, Sequence
from typing import Any

import re2

from mia_core.wording.shape import any_of, as_regex, first_gap

Expression = Any
"""A compiled expression of re2, which brings no types: no text, however made, takes it more than linear time."""
_MOST_MEMORY = 1 << 25
"""Bytes that one expression may come to need; beyond that re2 is slower, never wrong."""


def compiled(expression: str) -> Expression:
    """Compile it. Raises re2.error when it is none."""
    options = re2.Options()
    options.max_mem, options.log_errors = _MOST_MEMORY, False
    return re2.compile(expression, options)


def either(shapes: Sequence[str], lists: Mapping[str, str], *, spaced: bool = True) -> str:
    """Any of the shapes; `spaced` says that words of the language stand apart."""
    return any_of(
        [as_regex(shape, lists, spaced=spaced) for shape in dict.fromkeys(shapes)], first_gap(spaced=spaced)
    )


def named(shapes: Mapping[str, Sequence[str]], lists: Mapping[str, str], *, spaced: bool = True) -> str:
    """Any of the shapes, each name a group; names without shapes are left out."""
    return "|".join(f"(?P<{name}>{either(some, lists, spaced=spaced)})" for name, some in shapes.items() if some)


def name_of(found: Any) -> Any:
    """The name whose shapes have matched."""
    return next(name for name, text in found.groupdict().items() if text is not None)


def captured(found: Any) -> tuple[int, int] | None:
    """Where the one part stands that a shape captures; None when the shape that has matched captures none."""
    names = found.re.groupindex.values()
    spans = (found.span(group) for group in range(1, found.re.groups + 1) if group not in names)
    return next((span for span in spans if span != (-1, -1)), None)
