"""A relationship's timeline as a picture: mood and trust over time, as SVG that needs no script."""

from collections.abc import Callable, Sequence
from datetime import datetime
from functools import partial
from html import escape
from math import ceil, floor

from mia_core.emotion.timeline import Point

_WIDTH, _HEIGHT = 800, 260
_LEFT, _RIGHT, _TOP, _BOTTOM = 44, 16, 34, 30
_TICKS = 5
_STYLE = (
    "text{font:12px system-ui,sans-serif;fill:#444}"
    ".axis{stroke:#bbb;stroke-width:1}.mood{stroke:#8a5cd0}.trust{stroke:#0a7d6c}"
    ".line{fill:none;stroke-width:2;stroke-linejoin:round}"
)


def timeline_svg(points: Sequence[Point], title: str = "Mood and trust", *, styled: bool = True) -> str:
    """An SVG document of 800 x 260 units. One scale holds mood and trust: 0 to 0.5 at the least, and as much of
    -1 to 1 as they came to, in tenths.

    `points` are in order of time. With fewer than two there is nothing to draw but the axes. Without `styled` the
    page that it stands in gives the colours, by the classes `axis`, `line`, `mood` and `trust`.
    """
    x, scale = _across(points), _scale(points)
    y = partial(_up, scale)
    lines = [_line("mood", [(x(point.at), y(point.mood)) for point in points])]
    lines.append(_line("trust", [(x(point.at), y(point.trust)) for point in points]))
    return "\n".join(
        (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img">',
            f"<title>{escape(title)}</title>",
            *((f"<style>{_STYLE}</style>",) if styled else ()),
            *_levels(scale),
            *_days(points, x),
            *(lines if len(points) > 1 else ()),
            *_legend(),
            "</svg>\n",
        )
    )


def _across(points: Sequence[Point]) -> Callable[[datetime], float]:
    """From a moment to its place from left to right."""
    if not points:
        return lambda _: float(_LEFT)
    first, room = points[0].at, _WIDTH - _LEFT - _RIGHT
    whole = (points[-1].at - first).total_seconds() or 1.0
    return lambda at: _LEFT + room * (at - first).total_seconds() / whole


def _scale(points: Sequence[Point]) -> range:
    """From the lowest value to the highest, in tenths."""
    values = [value for point in points for value in (point.mood, point.trust)]
    lowest, highest = min(values, default=0.0), max(values, default=0.0)
    return range(min(0, floor(10 * lowest)), max(5, ceil(10 * highest)) + 1)


def _up(scale: range, value: float) -> float:
    """From a value to its place from top to bottom."""
    return _TOP + (_HEIGHT - _TOP - _BOTTOM) * (scale[-1] - 10 * value) / (scale[-1] - scale[0])


def _line(name: str, places: Sequence[tuple[float, float]]) -> str:
    path = " ".join(f"{x:.1f},{y:.1f}" for x, y in places)
    return f'<polyline class="line {name}" points="{path}"/>'


def _levels(scale: range) -> list[str]:
    told = [tenths / 10 for tenths in scale if tenths % 5 == 0 or tenths in {scale[0], scale[-1]}]
    levels = {value: _up(scale, value) for value in told}
    return [
        f'<line class="axis" x1="{_LEFT}" x2="{_WIDTH - _RIGHT}" y1="{place:.1f}" y2="{place:.1f}"/>'
        f'<text x="{_LEFT - 6}" y="{place + 4:.1f}" text-anchor="end">{value:g}</text>'
        for value, place in levels.items()
    ]


def _days(points: Sequence[Point], x: Callable[[datetime], float]) -> list[str]:
    """A few dates below, from the first to the last."""
    if not points:
        return []
    first, span = points[0].at, points[-1].at - points[0].at
    moments = [first + span * part / (_TICKS - 1) for part in range(_TICKS)] if span else [first]
    anchors = ["start", *["middle"] * (len(moments) - 2), "end"]
    return [
        f'<text x="{x(at):.1f}" y="{_HEIGHT - 10}" text-anchor="{anchor}">{at:%Y-%m-%d}</text>'
        for at, anchor in zip(moments, anchors, strict=False)
    ]


def _legend() -> list[str]:
    return [
        f'<line class="line {name}" x1="{left}" x2="{left + 24}" y1="16" y2="16"/>'
        f'<text x="{left + 30}" y="20">{name}</text>'
        for name, left in (("mood", _LEFT), ("trust", _LEFT + 90))
    ]
