"""Wishes are read from whole messages, in every language that has a phrase book; ordinary talk is none."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mia_core.wishes.phrases import LANGUAGES, phrasebook
from mia_core.wishes.read import read_wish
from tests.core.events import dm, mention

TALK = [
    "I'll never forget that",
    "forget it",
    "Do you remember the film we talked about?",
    "My boss told me to forget about the raise, can you believe it?",
    "yes I went to the market and then home",
    "Why did he say that?",
    "I can't stop remembering her",
    "Ich vergesse das nie",
    "No me acuerdo de eso",
    "Je n'oublie jamais rien",
    "Non dimentico mai niente",
    "Nunca esqueço nada",
    "Bunu asla unutmayacağım",
    "Annem her şeyi unutuyor",
    "Aku tidak akan pernah melupakan itu",
    "Aku lupa membawa kunci",
    "その映画のことは一生忘れない",
    "昨日のこと覚えてる？",
    "그 일은 절대 잊지 못할 거야",
    "어제 본 영화 기억나?",
    "मैं वह दिन कभी नहीं भूलूँगा",
    "क्या तुम्हें वह फ़िल्म याद है?",
    "لن أنسى ذلك اليوم أبدا",
    "هل تتذكرين الفيلم الذي تحدثنا عنه؟",
]


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_example_of_a_phrase_book_is_understood(language: str) -> None:
    for command, example in phrasebook(language).examples.items():
        wished = read_wish([dm(example)], language=language)
        if command in {"correct", "offer"}:
            assert wished is None, "left to the model"
        else:
            assert wished is not None, example
            assert (wished.command, wished.language) == (command, language)


@pytest.mark.parametrize(
    ("said", "command", "about"),
    [
        ("Hey Mia, what do you remember about me?", "recall", ""),
        ("please forget everything you know about my job!", "forget_about", "my job"),
        ("FORGET THAT", "forget_last", ""),
        ("Could you forget everything about me please", "forget_all", ""),
        ("pause your memory", "pause", ""),
        ("why did you say that??", "why", ""),
    ],
)
def test_politeness_case_and_marks_make_no_difference(said: str, command: str, about: str) -> None:
    wished = read_wish([dm(said)], language=None)
    assert wished is not None
    assert (wished.command, wished.about) == (command, about)


@pytest.mark.parametrize(
    ("said", "command"),
    [
        ("¿Qué sabes de mí?", "recall"),
        ("Olvida todo lo que sabes de mi trabajo", "forget_about"),
        ("Esquece tudo sobre mim", "forget_all"),
        ("Oublie ça, s'il te plaît", "forget_last"),
        ("Vergiss bitte alles über meine Arbeit", "forget_about"),
        ("Perché hai detto questo?", "why"),
        ("Mia, benim hakkımda ne biliyorsun?", "recall"),
        ("lütfen bunu unut", "forget_last"),
        ("Apa yang kamu ingat tentang aku?", "recall"),
        ("tolong lupakan itu", "forget_last"),
        ("私のこと何を覚えてる？", "recall"),
        ("ミア、今のは忘れてください", "forget_last"),
        ("나에 대해 뭘 기억하고 있어?", "recall"),
        ("방금 한 말 잊어줘", "forget_last"),
        ("तुम्हें मेरे बारे में क्या याद है?", "recall"),
        ("सब कुछ भूल जाओ", "forget_all"),
        ("ماذا تعرفين عني؟", "recall"),
        ("انسي كل شيء", "forget_all"),
    ],
)
def test_wishes_are_understood_in_every_language(said: str, command: str) -> None:
    wished = read_wish([dm(said)], language=None)
    assert wished is not None
    assert wished.command == command


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_answers_that_she_names_are_understood(language: str) -> None:
    book = phrasebook(language)
    for said, command in ((book.says_yes, "yes"), (book.says_yes_named, "yes_named")):
        wished = read_wish([dm(f"{said}!")], language=language)
        assert wished is not None, said
        assert (wished.command, wished.language) == (command, language)


@pytest.mark.parametrize("said", TALK)
def test_ordinary_talk_is_no_wish(said: str) -> None:
    assert read_wish([dm(said)], language=None) is None


@given(st.text(max_size=200))
def test_any_text_is_read_without_a_fault(text: str) -> None:
    wished = read_wish([dm(text)], language="xx")
    assert wished is None or wished.language in LANGUAGES


def test_nothing_is_wished_for_in_public_and_nothing_by_two_wishes_at_once() -> None:
    assert read_wish([mention("forget that")], language="en") is None
    assert read_wish([dm("forget that"), dm("pause memory", event_id="2")], language="en") is None
    assert read_wish([dm("Hi!"), dm("forget that", event_id="2")], language="en") is not None
