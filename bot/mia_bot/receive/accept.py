"""How a receiver hands on what came in."""

from collections.abc import Awaitable, Callable, Sequence

from mia_core.events import Event

Accept = Callable[[Sequence[Event]], Awaitable[int]]
"""Stores events that were not seen before, all of a person's in the order given; answers how many were new."""
