"""X's own conformance cases for lengths and links."""

import json
import os
from pathlib import Path
from typing import Any

import pytest
import yaml

from mia_bot.text.length import LINK_LENGTH, weighted_length
from mia_bot.text.links import find_links

_X = Path(os.environ["MIA_REFERENCE_DATA"]) / "x"
_TESTS = yaml.safe_load((_X / "twitter-text-validate.yml").read_text(encoding="utf-8"))["tests"]
_CONFIG = json.loads((_X / "twitter-text-v3.json").read_text(encoding="utf-8"))


def _cases(group: str) -> list[Any]:
    return [pytest.param(case, id=case["description"]) for case in _TESTS[group]]


@pytest.mark.parametrize("case", _cases("WeightedTweetsWithDiscountedEmojiCounterTest"))
def test_the_weighted_length_is_xs(case: dict[str, Any]) -> None:
    assert weighted_length(case["text"]) == case["expected"]["weightedLength"]


@pytest.mark.parametrize("case", _cases("urls_without_protocol"))
def test_a_bare_domain_is_one_link(case: dict[str, Any]) -> None:
    assert [link.address for link in find_links(case["text"])] == [case["text"]]


def test_every_code_point_weighs_what_the_configuration_says() -> None:
    for spot in _CONFIG["ranges"]:
        for code in (spot["start"], spot["end"]):
            assert weighted_length(chr(code)) == spot["weight"] // _CONFIG["scale"]
    for code in (4352, 8206, 8224, 8241, 8248, 0x4E00, 0x1D400):
        assert weighted_length(chr(code)) == _CONFIG["defaultWeight"] // _CONFIG["scale"]
    assert _CONFIG["transformedURLLength"] == LINK_LENGTH
