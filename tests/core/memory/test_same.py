"""Two statements are taken for one only where nothing in their words speaks against it."""

import numpy as np
import pytest

from mia_core.memory.same import say_the_same

ONE = np.array([1.0, 0.0], dtype=np.float32)
NEAR = np.array([0.98, np.sqrt(1 - 0.98**2)], dtype=np.float32)
FAR = np.array([0.9, np.sqrt(1 - 0.9**2)], dtype=np.float32)


@pytest.mark.parametrize(
    ("one", "other", "language"),
    [
        ("Ana plays chess.", "Ana plays chess", "en"),
        ("Ana plays chess on Sundays.", "On Sundays, Ana plays chess.", "en"),
        ("Ana juega al ajedrez los domingos.", "Los domingos Ana juega al ajedrez.", "es"),
        ("アナはチェスをする。", "アナはチェスをする", "ja"),
    ],
)
def test_the_same_in_other_order_is_the_same(one: str, other: str, language: str) -> None:
    assert say_the_same(one, ONE, other, NEAR, language)
    assert not say_the_same(one, ONE, other, FAR, language)


@pytest.mark.parametrize(
    ("one", "other", "language"),
    [
        ("Ana has 2 dogs.", "Ana has 3 dogs.", "en"),
        ("Ana likes coffee.", "Ana doesn't like coffee.", "en"),
        ("Ana can swim.", "Ana can’t swim.", "en"),
        ("Ana mag Kaffee.", "Ana mag keinen Kaffee.", "de"),
        ("Ana aime le café.", "Ana n'aime pas le café.", "fr"),
        ("A Ana le gusta el café.", "A Ana no le gusta el café.", "es"),
        ("Ana kahve sever.", "Ana kahve sevmez.", "tr"),
        ("アナはコーヒーが好きだ。", "アナはコーヒーが好きではない。", "ja"),
        ("아나는 커피를 좋아한다.", "아나는 커피를 좋아하지 않는다.", "ko"),
        ("आना को कॉफ़ी पसंद है।", "आना को कॉफ़ी पसंद नहीं है।", "hi"),
        ("आना को कॉफ़ी पसंद है।", "आना दिल्ली में रहती है।", "hi"),
        ("Ana suka kopi.", "Ana tidak suka kopi.", "id"),
        ("آنا تحب القهوة.", "آنا لا تحب القهوة.", "ar"),
    ],
)
def test_a_figure_a_no_or_other_words_make_another_statement(one: str, other: str, language: str) -> None:
    assert not say_the_same(one, ONE, other, NEAR, language)
