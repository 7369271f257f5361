"""The sentence for an operator whose model is not there."""

from mia_core.xai.models import missing_model

MODELS = ["grok-4.20-non-reasoning", "grok-4.3", "grok-imagine"]


def test_a_model_that_is_there_needs_no_words() -> None:
    assert missing_model("grok-4.3", MODELS) is None


def test_for_a_model_that_is_gone_the_nearest_are_named_with_the_setting() -> None:
    sentence = missing_model("grok-4", MODELS)
    assert sentence is not None
    assert "xai.model (MIA_XAI__MODEL)" in sentence
    assert "grok-4.3" in sentence


def test_for_a_model_like_no_other_all_are_named() -> None:
    assert "grok-imagine" in (missing_model("llama", MODELS) or "")


def test_a_key_without_models_is_said_to_have_none() -> None:
    assert "no models" in (missing_model("grok-4.3", []) or "")
