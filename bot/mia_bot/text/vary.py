"""Another way to end the same words: X refuses a post that says exactly what an earlier one said."""

from mia_bot.text.cut import cut
from mia_bot.text.length import weighted_length

MARKS = ("🙂", "✨", "🌿", "💜", "🌙", "🍀", "🎈", "🌼")


def varied(text: str, number: int, limit: int) -> str:
    """The post with a mark behind it, a different one for each `number`; within the weighted length `limit`."""
    mark = f" {MARKS[number % len(MARKS)]}"
    (kept,) = cut(text, limit - weighted_length(mark), weighted_length, 1)
    return kept + mark
