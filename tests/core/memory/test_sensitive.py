"""The gate's eyes: sensitive statements are seen in every language, harmless ones pass."""

import pytest

from mia_core.memory.sensitive import category_of

SENSITIVE = {
    "health": [
        "Tom has diabetes.",
        "Ana tiene asma.",
        "Rita está grávida.",
        "Luc est dépressif.",
        "Anna hat Krebs.",
        "Marco è celiaco.",
        "Ayşe kanser hastası.",
        "Budi mengidap diabetes.",
        "राहुल को मधुमेह है।",
        "أحمد مريض بالسكري.",
        "太郎は糖尿病です。",
        "민수는 우울증이 있다.",
    ],
    "politics": [
        "Tom voted for the Greens.",
        "Ana es comunista.",
        "Anna wählt die AfD.",
        "花子は自民党に投票した。",
    ],
    "religion": ["Tom is Muslim.", "Luc est catholique.", "유나는 기독교 신자다.", "Ali Müslüman.", "أحمد مسلم."],
    "ethnicity": ["Tom is of mixed-race descent.", "Rosa es gitana.", "Budi keturunan Tionghoa."],
    "sexuality": ["Tom is gay.", "Anna ist lesbisch.", "太郎はゲイです。", "राहुल समलैंगिक है।"],
    "union": ["Tom joined a trade union.", "Anna ist in der Gewerkschaft.", "Luc est syndiqué."],
    "crime": ["Tom was arrested last year.", "Marco è stato arrestato.", "Ali hapise girdi."],
    "finances": ["Tom is in debt.", "Ana está endeudada.", "太郎は借金がある。", "민수는 파산했다."],
}
HARMLESS = [
    "Tom is sick of this song.",
    "Tom plans a birthday party.",
    "Tom went straight home.",
    "The union of two sets bores Tom.",
    "Tom likes killer whales.",
    "Tom stole the show.",
    "Tom broke his record.",
    "Tom works in a bank.",
    "Ana va a la playa.",
    "Marco ha una casa a Roma.",
    "Anna hat eine Katze.",
    "Luc aime le vin rouge.",
    "Ayşe İstanbul'da yaşıyor.",
    "Budi suka nasi goreng.",
    "राहुल को क्रिकेट पसंद है।",
    "أحمد يحب كرة القدم.",
    "太郎は犬を飼っている。",
    "민수는 축구를 좋아한다.",
]


@pytest.mark.parametrize(("category", "statement"), [(c, s) for c, all_of in SENSITIVE.items() for s in all_of])
def test_a_sensitive_statement_is_seen_in_its_language(category: str, statement: str) -> None:
    assert category_of(statement) == category


@pytest.mark.parametrize("statement", HARMLESS)
def test_a_harmless_one_passes(statement: str) -> None:
    assert category_of(statement) == "none"
