"""The little language of the phrase book, and the regular expressions that it stands for.

A shape is a phrase with a few signs: `(a|b)` either; `[a]` may be left out; `{*}` what the wish is about, `{my *}`
where that begins with these words; `~` words may touch here, as they do in scripts without spaces; a comma may be
there, be a full stop, or be missing; `<name>` is a word list of the same phrase book; `#` a number in digits;
`word-` a word with any ending, and `-word` one with any beginning.
"""

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache

from mia_core.wording.plain import plain

_SIGNS = re.compile(r"[()\[\]{}|*~#, ]|[^()\[\]{}|*~#, ]+")
_SPACE, _STRICT, _COMMA, _MAYBE, _NOTHING = r"(?:^|,? )", r"(?:^| )", r"(?:^|[,.]? )", r"(?:[,.]? )?", ""
_LETTERS = "[^ ,.]*"
"""The rest of a word in plain form; Unicode's classes of letters cost re2 a hundred times as many instructions."""


def as_regex(shape: str, lists: Mapping[str, str], *, spaced: bool = True) -> str:
    """The regular expression (of re2) for a shape, to be matched with a whole message in plain form.

    Its one group, if it has any, is what the phrase is about. `spaced`: it begins where a word begins.
    Raises ValueError for a sign that is out of place, KeyError for a list that is not there.
    """
    whole = re.sub(r"<(\w+)>", lambda found: f"({lists[found[1]]})", shape)
    return _Parser(whole).parse(first_gap(spaced=spaced))


def first_gap(*, spaced: bool) -> str:
    """What stands before the first word of a shape, in languages whose words stand apart and in others."""
    return _SPACE if spaced else _MAYBE


def any_of(branches: Sequence[str], gap: str) -> str:
    """Any of these regular expressions; the gap that most begin with is looked for once, not for each of them."""
    if len(branches) == 1:
        return branches[0]
    begun = [branch.removeprefix(gap) for branch in branches if gap and branch.startswith(gap)]
    others = [branch for branch in branches if not (gap and branch.startswith(gap))]
    if not begun:
        return f"(?:{'|'.join(others)})"
    shared = f"{gap}(?:{'|'.join(begun)})"
    return f"(?:{'|'.join([shared, *others])})" if others else shared


class _Parser:
    """One shape, read from left to right."""

    def __init__(self, shape: str) -> None:
        self._shape = shape
        self._signs = _SIGNS.findall(shape)
        self._place = 0

    def parse(self, gap: str) -> str:
        found = self._sequence(gap, "")
        if self._place < len(self._signs):
            raise ValueError(f"{self._signs[self._place]} does not belong here: {self._shape}")
        return found

    def _sequence(self, gap: str, closing: str) -> str:
        """Everything up to the sign that closes it; each branch begins with the gap that stands before it."""
        branches, parts, before = list[str](), list[str](), gap
        while self._place < len(self._signs) and self._signs[self._place] not in {")", "]", "}"}:
            sign = self._signs[self._place]
            self._place += 1
            if sign == "|":
                branches.append(self._branch(parts, before))
                parts, before = [], gap
            elif sign in {" ", ",", "~"}:
                before = _wider(before, sign)
            else:
                parts.append(self._part(sign, before))
                before = _NOTHING
        branches.append(self._branch(parts, before))
        self._close(closing)
        return any_of(branches, gap)

    def _branch(self, parts: list[str], gap: str) -> str:
        if not parts or gap in {_SPACE, _COMMA}:
            raise ValueError(f"a branch is empty, or ends in a space: {self._shape}")
        return "".join(parts)

    def _part(self, sign: str, gap: str) -> str:
        if sign == "*":
            return gap + ".+?"
        if sign == "(":
            return self._sequence(gap, ")")
        if sign == "[":
            return f"(?:{self._sequence(gap, ']')})?"
        if sign == "{":
            strict = _STRICT if gap == _SPACE else gap
            return f"{strict}({self._sequence(_NOTHING, '}')})"
        if sign == "#":
            return gap + "([0-9]{1,4})"
        word = _plain_word(sign.strip("-"))
        if not word:
            raise ValueError(f"{sign} means nothing: {self._shape}")
        before, after = (_LETTERS if open_end else "" for open_end in (sign[0] == "-", sign[-1] == "-"))
        return gap + before + re.escape(word) + after

    def _close(self, closing: str) -> None:
        if not closing:
            return
        if self._place >= len(self._signs) or self._signs[self._place] != closing:
            raise ValueError(f"{closing} is missing: {self._shape}")
        self._place += 1


@lru_cache(maxsize=8192)
def _plain_word(sign: str) -> str:
    return plain(sign).text


def _wider(gap: str, sign: str) -> str:
    """The gap that signs in a row amount to: a comma and a space are a comma."""
    if sign == " ":
        return gap or _SPACE
    return _COMMA if sign == "," else _MAYBE
