"""What the gate takes lines for: `python -m tests.house.gate LANGUAGE` reads them from standard input."""

import sys

from mia_core.gate.heard import SENTENCE
from mia_core.gate.signs import signs
from mia_core.wording.plain import plain


def taken_for(language: str, line: str) -> str:
    """Every sign of a language that a line shows, with what it captures."""
    known, message = signs(language), plain(line).text
    found = {"whole": known.whole.match(message)}
    for name, finder in known.finders.items():
        sentences = SENTENCE.split(known.in_digits(message) if finder.of_numbers else message)
        found[name] = finder.find(sentences)
    shown = [f"{name}: {sign.name} {sign.part}".strip() for name, sign in found.items() if sign]
    return "; ".join(shown) or "-"


def main() -> None:
    """Read the language's file, then lines."""
    (language,) = sys.argv[1:]
    signs(language)
    for line in sys.stdin:
        print(f"{taken_for(language, line.strip())}\t{line.strip()}")


if __name__ == "__main__":
    main()
