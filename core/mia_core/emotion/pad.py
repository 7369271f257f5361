"""Points in pleasure-arousal-dominance space, and the emotions that are named after them."""

import math
from dataclasses import dataclass

_PROTOTYPES: dict[str, tuple[float, float, float]] = {
    "joy": (0.4, 0.2, 0.1),
    "gratitude": (0.4, 0.2, -0.3),
    "affection": (0.3, 0.1, 0.2),
    "admiration": (0.5, 0.3, -0.2),
    "pride": (0.4, 0.3, 0.3),
    "hope": (0.2, 0.2, -0.1),
    "relief": (0.2, -0.3, 0.4),
    "disappointment": (-0.3, 0.1, -0.4),
    "distress": (-0.4, -0.2, -0.5),
    "reproach": (-0.3, -0.1, 0.4),
    "anger": (-0.51, 0.59, 0.25),
    "fear": (-0.64, 0.6, -0.43),
    "calm": (0.1, -0.1, 0.1),
}
"""OCC emotions in PAD space after Gebhard, "ALMA: a layered model of affect" (AAMAS 2005), table 2.

"affection" is the table's love; "calm" is ours: the neighbourhood of the baseline, where nothing stirs.
"""
EMOTIONS = tuple(_PROTOTYPES)
"""Their names."""


@dataclass(frozen=True)
class Pad:
    """A point; each coordinate from -1 to 1."""

    pleasure: float
    arousal: float
    dominance: float

    @property
    def point(self) -> tuple[float, float, float]:
        """The three coordinates, in the order of the name."""
        return self.pleasure, self.arousal, self.dominance

    def towards(self, other: "Pad", share: float) -> "Pad":
        """The point that lies `share` (0 to 1) of the way to another."""
        return Pad(
            self.pleasure + (other.pleasure - self.pleasure) * share,
            self.arousal + (other.arousal - self.arousal) * share,
            self.dominance + (other.dominance - self.dominance) * share,
        )

    def moved(self, by: "Pad") -> "Pad":
        """The sum of both, kept within the space."""
        return Pad(
            bounded(self.pleasure + by.pleasure),
            bounded(self.arousal + by.arousal),
            bounded(self.dominance + by.dominance),
        )

    def scaled(self, factor: float) -> "Pad":
        """The point times a factor."""
        return Pad(self.pleasure * factor, self.arousal * factor, self.dominance * factor)

    def distance(self, other: "Pad") -> float:
        """Euclidean distance."""
        return math.dist(self.point, other.point)


def bounded(value: float, low: float = -1.0, high: float = 1.0) -> float:
    """The value, or the bound that it passed."""
    return min(max(value, low), high)


def emotion_name(point: Pad) -> str:
    """The named emotion whose prototype lies nearest."""
    return min(_PROTOTYPES, key=lambda name: point.distance(Pad(*_PROTOTYPES[name])))


def prototype(name: str) -> Pad:
    """Where a named emotion lies."""
    return Pad(*_PROTOTYPES[name])
