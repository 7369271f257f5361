"""What a person had forgotten is not learnt again: it is known by keyed hashes of its words, not by the words."""

from collections.abc import Collection, Sequence

import numpy as np
from sqlalchemy import select
from sqlmodel import col

from mia_core.database import Database
from mia_core.memory.words import LANGUAGES, lexicon, without, words
from mia_core.tables import Forgotten
from mia_core.vault import Vault

_SHARE = 0.75
"""Share of the shorter sketch's words from which two statements say the same."""
_STEM = 5
"""Characters of a word that count: endings differ between two ways of saying the same, in every language."""


def sketch(vault: Vault, person_id: int, statement: str, names: Collection[str] = ()) -> bytes:
    """Keyed hashes of the words that carry the statement's meaning, 8 bytes each, sorted.

    `names`: of the speakers, which stand in every statement about them. Empty where nothing carries meaning.
    """
    stems = {word[:_STEM] for word in words(without(statement, names)) if word not in _function_words()}
    return b"".join(sorted(vault.word_hash(person_id, stem) for stem in stems))


def was_forgotten(candidate: bytes, forgotten: Sequence[bytes]) -> bool:
    """Whether a sketch says the same as one of those forgotten: three quarters of the shorter one's words."""
    words_of = _hashes(candidate)
    return any(_alike(words_of, _hashes(each)) for each in forgotten)


async def read_forgotten(database: Database, person_id: int) -> list[bytes]:
    """The sketches of all that the person had forgotten."""
    statement = select(col(Forgotten.sketch)).where(col(Forgotten.person_id) == person_id)
    async with database.reading() as connection:
        return list((await connection.execute(statement)).scalars())


def _alike(one: frozenset[int], other: frozenset[int]) -> bool:
    shorter = min(len(one), len(other))
    return shorter > 0 and len(one & other) >= max(_SHARE * shorter, min(2, max(len(one), len(other))))


def _hashes(sketched: bytes) -> frozenset[int]:
    return frozenset(np.frombuffer(sketched, dtype="<u8").tolist())


def _function_words() -> frozenset[str]:
    return frozenset[str]().union(*(lexicon(language).function for language in LANGUAGES))
