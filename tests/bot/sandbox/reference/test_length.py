"""The sandbox counts a post's length as X's own conformance cases do."""

import os
from pathlib import Path
from typing import Any

import pytest
import yaml

from mia_bot.sandbox.length import weighted_length

_CASES = Path(os.environ["MIA_REFERENCE_DATA"]) / "x" / "twitter-text-validate.yml"


def _cases() -> list[Any]:
    tests = yaml.safe_load(_CASES.read_text(encoding="utf-8"))["tests"]
    return [
        pytest.param(case["text"], case["expected"]["weightedLength"], id=case["description"])
        for case in tests["WeightedTweetsWithDiscountedEmojiCounterTest"]
    ]


@pytest.mark.parametrize(("text", "expected"), _cases())
def test_the_weighted_length_is_xs(text: str, expected: int) -> None:
    assert weighted_length(text) == expected
