"""The script that answers where no model does: plain rules, the same answer to the same words, and no pretence."""

import re
from collections.abc import Sequence

from mia_bot.sandbox.text import language
from mia_bot.sandbox.xai.reading import Reading
from mia_bot.sandbox.xai.sentences import is_question, sentences
from mia_bot.sandbox.xai.statements import learn, told_back
from mia_core.memory.words import words
from mia_core.xai.answer import Answer, Appraisal, Learnt

NOTE = "(sandbox script, not Grok)"
_LONGEST_QUOTE = 150


def _words(text: str) -> frozenset[str]:
    """Words of three letters and more, and numbers."""
    return frozenset(word for word in words(text) if len(word) > 2 or word.isdigit())


_MEANINGLESS = _words(
    "what who where when how which why you your yours name the and does did are was were have has know tell about "
    "with this that can could will would remember person"
)
_KNOWING = re.compile(r"\b(?:remember|know)\b", re.IGNORECASE)
_ME = re.compile(r"\bme\b", re.IGNORECASE)
_ABOUT_PRIVATE = re.compile(r"\b(?:my|me|mine|remember)\b", re.IGNORECASE)

_KIND = re.compile(
    r"\b(?:thank(?:s| you)|love you|wonderful|great|sweet|lovely|gracias|merci|danke|obrigad[oa])\b", re.IGNORECASE
)
_CRUEL = re.compile(r"\b(?:stupid|idiot|useless|shut up|hate you|worthless)\b", re.IGNORECASE)
_SORRY = re.compile(r"\b(?:sorry|apologi[sz]e|perd[oó]n|désolée?|entschuldigung)\b", re.IGNORECASE)
_GOOD_NEWS = re.compile(r"\b(?:happy|won|passed|new job|birthday|engaged|holiday|excited)\b", re.IGNORECASE)
_BAD_NEWS = re.compile(
    r"\b(?:not happy|unhappy|sad|lost|died|failed|fired|broke up|lonely|tired)\b", re.IGNORECASE
)

_TAGS = {"iw": "he"}
"""Where the language codes of X differ from BCP-47."""
_FURTHER_WORDS = {
    "tr": _words("merhaba ben sen bir çok nasılsın değil benim için selam var seni teşekkürler"),
    "id": _words("saya kamu apa yang dan tidak aku suka ini itu kabar halo adalah"),
}


def compose(reading: Reading) -> Answer:
    """An answer by the rules; for every text whatever there is one."""
    whole = "\n".join(reading.said)
    learnt = [] if reading.public else learn(whole)
    appraisal, tag = _appraise(whole), _language(whole)
    said = _in_public(whole) if reading.public else _in_private(reading, whole, learnt, appraisal)
    english = "" if tag == "en" else " I only speak English here."
    # X refuses the same words twice in a day; with the mark the sender need not reword them.
    mark = f" no. {reading.mark}" if reading.public else ""
    return Answer(reply=f"{said}{english} {NOTE}{mark}", language=tag, appraisal=appraisal, memories=learnt)


def _in_public(whole: str) -> str:
    asks = any(is_question(sentence) for sentence in sentences(whole))
    if asks and _ABOUT_PRIVATE.search(whole):
        return "What people tell me stays in direct messages; ask me there."
    return "Hello from MIA, nice to meet you out here! Write me a DM to talk."


def _in_private(reading: Reading, whole: str, learnt: Sequence[Learnt], appraisal: Appraisal) -> str:
    asks = any(is_question(sentence) for sentence in sentences(whole))
    if asks and (known := _recalled(reading.memories, whole)):
        return f"I remember: {_short(told_back(known))}."
    if learnt:
        return f"Noted, I will remember: {_short(told_back([each.statement for each in learnt]))}."
    if asks:
        return "I do not remember anything about that. Tell me?"
    if reading.pictures:
        return "Thank you for the picture! A script cannot look at it, Grok can."
    return _courtesy(appraisal)


def _courtesy(appraisal: Appraisal) -> str:
    """What is said to words that neither teach nor ask."""
    if appraisal.hostility:
        return "That stings a little. I would rather we were kind to each other."
    if appraisal.apology:
        return "That is all right, and thank you for saying so."
    if appraisal.praise:
        return "You are kind, thank you!"
    return "I read you. Tell me something about yourself, and ask me about it later."


def _recalled(memories: Sequence[str], asked: str) -> list[str]:
    """The memory that shares the most meaning-words with the question; the first two if all are asked for."""
    wanted = _meaning(asked)
    shared = [(len(_meaning(memory) & wanted), memory) for memory in memories]
    most, memory = max(shared, key=lambda pair: pair[0], default=(0, ""))
    if most:
        return [memory]
    return list(memories[:2]) if _KNOWING.search(asked) and _ME.search(asked) else []


def _meaning(text: str) -> frozenset[str]:
    """Words that carry meaning, without the endings of plurals and of the third person."""
    plain = _words(text) - _MEANINGLESS
    return frozenset(f"{word[:-3]}y" if word.endswith("ies") else word.removesuffix("s") for word in plain)


def _short(text: str) -> str:
    if len(text) <= _LONGEST_QUOTE:
        return text
    return text[:_LONGEST_QUOTE].rpartition(" ")[0] + "…"


def _language(text: str) -> str:
    found = language(text)
    if len(found) == 2:
        return _TAGS.get(found, found)
    spoken = _words(text)
    return next((tag for tag, common in _FURTHER_WORDS.items() if len(spoken & common) > 1), "en")


def _appraise(text: str) -> Appraisal:
    kind, cruel, sorry = (bool(pattern.search(text)) for pattern in (_KIND, _CRUEL, _SORRY))
    bad = bool(_BAD_NEWS.search(text))
    good = bool(_GOOD_NEWS.search(_BAD_NEWS.sub("", text)))
    return Appraisal(
        fortune=0.5 * (good - bad),
        desirability=0.2 * (good - bad),
        praise=0.5 * kind,
        warmth=0.5 * kind - 0.5 * cruel,
        hostility=0.7 * cruel,
        apology=0.7 * sorry,
        intensity=0.7 if "!" in text else 0.4,
    )
