"""Who asks in so many words that something be remembered, and who only speaks of remembering."""

import pytest

from mia_core.memory.asked import asked_to_keep
from mia_core.memory.words import LANGUAGES

ASKED = {
    "en": [
        "Remember that I'm diabetic",
        "Can you please remember that I'm gay?",
        "By the way. Keep in mind I vote green",
    ],
    "es": ["Recuerda que soy diabético", "por favor no olvides que tengo asma"],
    "pt": ["Lembre-se de que sou vegano", "não esqueça que tenho asma"],
    "fr": ["Souviens-toi que je suis juive", "n'oublie pas que j'ai de l'asthme"],
    "de": ["Merk dir bitte, dass ich Diabetes habe", "vergiss nicht, dass ich krank bin"],
    "it": ["Ricordati che sono celiaco", "tieni a mente che voto a sinistra"],
    "tr": ["Unutma, şeker hastasıyım", "Şeker hastası olduğumu unutma"],
    "id": ["Ingat ya, aku diabetes", "jangan lupa aku alergi"],
    "hi": ["याद रखना कि मुझे अस्थमा है", "मत भूलना कि मैं बीमार हूँ"],
    "ar": ["تذكر أنني مريض", "لا تنس أنني مريض"],
    "ja": ["糖尿病だって覚えておいて", "忘れないで、喘息なんだ"],
    "ko": ["내가 당뇨라는 거 기억해줘", "내가 당뇨라는 걸 잊지 마"],
}
SPOKEN_OF = {
    "en": [
        "Do you remember my illness?",
        "I can't remember",
        "remember when we were sick?",
        "You don't have to remember this",
        "don't remember this",
        "I will never forget that I had cancer",
        "forget it",
    ],
    "es": ["¿Recuerdas que estuve enfermo?", "No recuerdo nada"],
    "pt": ["Você lembrou da minha doença?", "não me lembro"],
    "fr": ["Te souviens-tu de ma maladie ?", "je me souviens"],
    "de": ["Erinnerst du dich?", "Ich erinnere mich"],
    "it": ["ti ricordi?", "mi ricordo tutto"],
    "tr": ["Hatırlıyor musun?", "hatırlıyorum"],
    "id": ["aku ingat itu", "apakah kamu masih ingat?"],
    "hi": ["क्या तुम्हें याद है", "मुझे याद है"],
    "ar": ["هل تتذكر مرضي؟", "أتذكر ذلك"],
    "ja": ["覚えてる？", "覚えていますか"],
    "ko": ["기억해?", "기억나"],
}


def test_every_supported_language_is_looked_at() -> None:
    assert set(ASKED) == set(SPOKEN_OF) == set(LANGUAGES)


@pytest.mark.parametrize("text", [text for texts in ASKED.values() for text in texts])
def test_a_request_to_remember_is_heard_in_every_language(text: str) -> None:
    assert asked_to_keep(text)


@pytest.mark.parametrize("text", [text for texts in SPOKEN_OF.values() for text in texts])
def test_speaking_of_remembering_is_no_request(text: str) -> None:
    assert not asked_to_keep(text)
