"""How two speakers call each other: words that stand in every greeting and say nothing of what is meant."""

from mia_core.memory.index import Names
from mia_core.memory.words import lexicon, words

_SHORTEST = 3


def names_of(name: str, username: str, *, her_username: str) -> Names:
    """The person's names and hers. Of a shown name, words count that could be a name: not "The", not an emoji."""
    function = lexicon("en").function
    shown = {word for word in words(name) if len(word) >= _SHORTEST and word.isalpha() and word not in function}
    usernames = {username.casefold()} if username else set()
    return Names(person=frozenset(shown | usernames), mia=frozenset({"mia", her_username.casefold()}))
