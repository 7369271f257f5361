"""The benches of memory run, small, and print figures of the shape that they promise."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from mia_core.memory.words import LANGUAGES
from tests.bench.languages.__main__ import measure
from tests.bench.languages.sets import HARD, PLAIN, read_set


def bench(module: str, *arguments: str) -> dict[str, Any]:
    """Run a bench as a process of its own, and read its figures."""
    command = [sys.executable, "-m", f"tests.bench.{module}", *arguments, "--json"]
    figures: dict[str, Any] = json.loads(
        subprocess.run(command, check=True, capture_output=True, timeout=60).stdout
    )
    return figures


def test_memory_at_scale_says_what_recall_and_erasing_cost_and_how_much_is_kept() -> None:
    figures = bench("memory", "--people", "20", "--items", "60", "--questions", "5")
    assert (figures["people"], figures["items"]) == (20, 60)
    for name in ("cold_ms", "warm_ms", "ranking_ms", "others_cold_ms", "erase_ms"):
        assert 0 < figures[name]["p50"] <= figures[name]["p95"] <= figures[name]["max"]
    assert figures["warm_ms"]["p50"] > figures["ranking_ms"]["p50"]
    assert figures["bytes_per_item"] > 2_048, "a vector alone has as much"
    assert figures["erase_many_ms"] > 0


def test_recall_across_languages_is_measured_with_both_sets() -> None:
    figures = bench("languages")
    assert set(figures) == {"plain", "hard"}
    for each in figures.values():
        for pairs in ("same", "others", "mixed"):
            shares = [each[pairs][name] for name in ("first", "first_three", "first_five", "first_ten")]
            assert 0 < shares[0] <= shares[1] <= shares[2] <= shares[3] <= 100
            assert set(each[pairs]["first_by_question"]) == set(LANGUAGES)


async def test_the_hard_set_tells_better_from_worse_where_the_plain_one_is_nearly_solved() -> None:
    plain, hard = await measure(read_set(PLAIN)), await measure(read_set(HARD))
    assert hard["same"]["first"] < plain["same"]["first"] - 15
    assert hard["mixed"]["first"] < plain["mixed"]["first"] - 10
    assert set(hard["same"]["first_by_kind"]) == {"name", "date", "number", "reworded", "two_hop"}


@pytest.mark.parametrize("file", [PLAIN, HARD], ids=lambda file: file.stem)
def test_a_set_has_every_language_and_no_text_twice_in_one(file: Path) -> None:
    texts = read_set(file).texts
    assert set(texts) == set(LANGUAGES)
    for each in texts.values():
        assert len(set(each.memories)) == len(each.memories)
        assert len(set(each.questions)) == len(each.questions)
