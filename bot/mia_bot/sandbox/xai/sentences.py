"""A text as the script takes it apart: single sentences, and which of them ask something."""

import re

_ENDS = re.compile(r"(?<=[.!?;])\s|\n|,?\s(?:and|but)\s(?=(?:i|i'm|my)\b)", re.IGNORECASE)
_QUESTION = re.compile(
    r"\?$|^(?:what|who|where|when|why|how|which|do|does|did|are|is|can|could|will|would)\b", re.IGNORECASE
)


def sentences(text: str) -> list[str]:
    """Statements and questions, one by one, with straight apostrophes and single spaces."""
    # Spaces are made single first: a pattern that looks for runs of them takes quadratic time on a long run.
    lines = (" ".join(line.split()) for line in text.replace("’", "'").splitlines())
    return [part.strip() for part in _ENDS.split("\n".join(lines)) if part.strip()]


def is_question(sentence: str) -> bool:
    """Whether it ends in a question mark, or begins as a question does."""
    return bool(_QUESTION.search(sentence))
