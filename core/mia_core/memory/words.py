"""Words of a text, for comparing, in any script."""

import regex

_WORD = regex.compile(r"\p{L}[\p{L}\p{M}'’]{2,}|\p{N}+")


def words(text: str) -> frozenset[str]:
    """Words of three letters and more, and numbers, in lower case; shorter ones carry no meaning.

    A run of letters in a script without spaces counts as one word: meaning is left to the vectors there.
    """
    return frozenset(word.casefold().removesuffix("'s").removesuffix("’s") for word in _WORD.findall(text))
