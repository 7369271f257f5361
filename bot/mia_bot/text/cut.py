"""Cutting a long text into pieces: at paragraphs or sentences, else at words, never within a word."""

from bisect import bisect_right
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import accumulate

import regex

ELLIPSIS = "…"

# Scripts that write no spaces may be cut behind their own punctuation.
_WORD = regex.compile(r"[^\s。！？、，；]*+[。！？、，；]++[」』）”’]*+|[^\s。！？、，；]++")
_SENTENCE_END = regex.compile(r"(?:[!?…。！？]|(?<=[^\W\d_]{2}|[^\w\s])\.|(?<=\d{2})\.)[\p{Pe}\p{Pf}\"'*_]*\Z")
_FULL_STOPS = ".,;:"
# Up to here a word may measure less than its parts do, as a link on X does; longer ones are measured in parts.
_LONG_WORD = 4096


def cut(text: str, limit: int, measure: Callable[[str], int], most: int) -> list[str]:
    """At most `most` pieces of the text, in order, each within `limit` by `measure`; none is empty.

    What does not fit into the last piece is left out, and "…" says so. A word that alone is longer than a piece
    is cut between grapheme clusters, and a cluster between code points only where it alone is too long.
    A text without words has no pieces. `measure` is called on candidates near the piece's size only.

    Raises ValueError where `limit` has no room for one character and the "…", or `most` is less than 1.
    """
    if most < 1 or limit < 2 * measure(ELLIPSIS):
        raise ValueError("a text needs room for at least one character and its ellipsis")
    source = _Source.of(text)
    pieces: list[str] = []
    start = source.skip(0)
    while start < len(text):
        if len(pieces) == most - 1:
            pieces.append(_last(source, start, limit, measure))
            break
        end = _piece_end(source, start, lambda piece: measure(piece) <= limit)
        pieces.append(text[start:end])
        start = source.skip(end)
    return pieces


@dataclass(frozen=True)
class _Source:
    """A text, and where its words begin and end."""

    text: str
    starts: Sequence[int]
    ends: Sequence[int]

    @classmethod
    def of(cls, text: str) -> "_Source":
        spans = [word.span() for word in _WORD.finditer(text)]
        return cls(text, [start for start, _ in spans], [end for _, end in spans])

    def skip(self, at: int) -> int:
        """The next position with something to say; the text's length behind the last word."""
        word = bisect_right(self.ends, at)
        return max(at, self.starts[word]) if word < len(self.ends) else len(self.text)


def _last(source: _Source, start: int, limit: int, measure: Callable[[str], int]) -> str:
    """The last piece: the whole rest, or what fits of it with "…" behind."""
    rest_end = source.ends[-1]
    end = _piece_end(source, start, lambda piece: measure(piece) <= limit)
    if end == rest_end:
        return source.text[start:end]
    end = _piece_end(source, start, lambda piece: measure(_ended(piece)) <= limit, to_the_end=False)
    return _ended(source.text[start:end])


def _ended(piece: str) -> str:
    return piece.rstrip(_FULL_STOPS + ELLIPSIS) + ELLIPSIS


def _piece_end(source: _Source, start: int, fits: Callable[[str], bool], *, to_the_end: bool = True) -> int:
    """Where the piece that begins at `start` ends best."""
    text, ends = source.text, source.ends
    first = bisect_right(ends, start)
    if ends[first] - start > _LONG_WORD and (end := _broken_word(text, start, ends[first], fits)) < ends[first]:
        return end
    count = _most_that_fit(len(ends) - first, lambda n: fits(text[start : ends[first + n - 1]]))
    if not count:
        return _broken_word(text, start, ends[first], fits)
    if to_the_end and first + count == len(ends):
        return ends[-1]
    return _best(source, start, first, count)


def _best(source: _Source, start: int, first: int, count: int) -> int:
    """The last paragraph end in the piece's second half, else its last sentence end, else its last word end."""
    text, starts, ends = source.text, source.starts, source.ends
    last = first + count - 1
    sentence: int | None = None
    for word in range(last, first - 1, -1):
        gap = text[ends[word] : starts[word + 1]] if word + 1 < len(ends) else ""
        if gap.count("\n") > 1 and 2 * (ends[word] - start) >= ends[last] - start:
            return ends[word]
        if sentence is None and _ends_sentence(text, starts[word], ends[word], gap):
            sentence = ends[word]
    return ends[last] if sentence is None else sentence


def _ends_sentence(text: str, start: int, end: int, gap: str) -> bool:
    return "\n" in gap or _SENTENCE_END.search(text, max(start, end - 20), end) is not None


def _broken_word(text: str, start: int, end: int, fits: Callable[[str], bool]) -> int:
    """As many of the word's grapheme clusters as fit; code points where not even one cluster does."""
    width = 64
    while True:
        stop = min(end, start + width)
        clusters = list(accumulate(map(len, regex.findall(r"\X", text[start:stop])), initial=start))
        if stop < end:
            clusters.pop()  # it may go on behind the window
        count = _most_that_fit(len(clusters) - 1, partial(_fits_until, text, start, clusters, fits))
        if count < len(clusters) - 1 or stop == end:
            break
        width *= 4
    if count:
        return clusters[count]
    return start + max(1, _most_that_fit(clusters[1] - start, lambda n: fits(text[start : start + n])))


def _fits_until(text: str, start: int, ends: Sequence[int], fits: Callable[[str], bool], n: int) -> bool:
    return fits(text[start : ends[n]])


def _most_that_fit(total: int, fits: Callable[[int], bool]) -> int:
    """The largest n up to `total` that fits, where all smaller ones do: doubling first, then halving."""
    low, step = 0, 1
    while low < total and fits(min(low + step, total)):
        low = min(low + step, total)
        step *= 2
    high = min(low + step, total + 1)
    while high - low > 1:
        middle = (low + high) // 2
        if fits(middle):
            low = middle
        else:
            high = middle
    return low
