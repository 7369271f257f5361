"""The script that answers where no model does: plain rules, the same answer to the same words, and no pretence."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from mia_bot.sandbox.text import language
from mia_bot.sandbox.xai.reading import Reading
from mia_core.memory.words import words
from mia_core.xai.answer import Answer, Appraisal, Learnt, MemoryKind

NOTE = "(sandbox script, not Grok)"
_LONGEST_QUOTE = 160
_MOST_LEARNT = 5
_MEANINGLESS = frozenset(
    [
        "what",
        "who",
        "where",
        "when",
        "how",
        "which",
        "you",
        "your",
        "yours",
        "name",
        "the",
        "and",
        "does",
        "did",
        "are",
        "was",
        "remember",
    ]
)

_PARTS = re.compile(r"(?<=[.!?;\n])\s+|\s*[.!?;\n]\s*|,?\s+(?:and|but)\s+(?=(?:i|i'm|i’m|my)\b)", re.IGNORECASE)
_QUESTION = re.compile(
    r"\?\s*$|^(?:what|who|where|when|why|how|which|do|does|did|are|is|can|could|will|would)\b", re.IGNORECASE
)


@dataclass(frozen=True)
class Rule:
    """A form of sentence that teaches something, and the statement that it makes."""

    form: re.Pattern[str]
    kind: MemoryKind
    statement: str
    importance: float


def _rule(form: str, kind: MemoryKind, statement: str, importance: float = 0.6) -> Rule:
    return Rule(re.compile(form, re.IGNORECASE), kind, statement, importance)


_RULES = (
    _rule(
        r"\bmy ([\w ]{2,40}?)(?:'s name)? is (?:called|named) (.{1,60})$",
        "fact",
        "The person's {0} is called {1}.",
        0.8,
    ),
    _rule(r"\bmy name is (.{1,60})$", "fact", "The person's name is {0}.", 0.9),
    _rule(
        r"\bmy ([\w' ]{2,40}?) (is|are|was|were|loves?|likes?|hates?) (.{1,120})$",
        "fact",
        "The person's {0} {1} {2}.",
    ),
    _rule(r"\bi (?:will |am going to |'m going to )(.{3,120})$", "plan", "The person will {0}."),
    _rule(r"\bi (start|begin|move|fly|travel|leave) (.{3,120})$", "plan", "The person will {0} {1}.", 0.7),
    _rule(
        r"\bi (?:really )?(love|like|enjoy|prefer|hate|dislike) (.{2,120})$", "preference", "The person {0}s {1}."
    ),
    _rule(r"\bi (live|work) (in|at|as|for|with) (.{2,120})$", "fact", "The person {0}s {1} {2}.", 0.7),
    _rule(r"\bi study (.{2,120})$", "fact", "The person studies {0}."),
    _rule(r"\bi(?: have|'ve got) (.{2,120})$", "fact", "The person has {0}."),
    _rule(r"\bi(?: am|'m) (?:a |an )(.{2,120})$", "fact", "The person is a {0}."),
)
_KIND = re.compile(
    r"\b(?:thank(?:s| you)|love you|wonderful|great|sweet|lovely|gracias|merci|danke|obrigad[oa])\b", re.IGNORECASE
)
_CRUEL = re.compile(r"\b(?:stupid|idiot|useless|shut up|hate you|worthless)\b", re.IGNORECASE)
_SORRY = re.compile(r"\b(?:sorry|apologi[sz]e|perd[oó]n|désolée?|entschuldigung)\b", re.IGNORECASE)
_GOOD_NEWS = re.compile(r"\b(?:happy|won|passed|new job|birthday|engaged|holiday|excited)\b", re.IGNORECASE)
_BAD_NEWS = re.compile(r"\b(?:sad|lost|died|failed|fired|broke up|lonely|tired)\b", re.IGNORECASE)


def compose(reading: Reading) -> Answer:
    """An answer by the rules; for every text whatever there is one."""
    whole = "\n".join(reading.said)
    learnt = [] if reading.public else list(_learn(whole))[:_MOST_LEARNT]
    return Answer(
        reply=_reply(reading, whole, learnt),
        language=_language(whole),
        appraisal=_appraise(whole),
        memories=learnt,
    )


def _reply(reading: Reading, whole: str, learnt: list[Learnt]) -> str:
    if reading.public:
        return f"Hello from MIA! In public I keep what I know of people to myself; write me a DM. {NOTE}"
    asking = any(_QUESTION.search(part.strip()) for part in _sentences(whole))
    if asking and (known := _recalled(reading.memories, whole)):
        return f"I remember: {known[:_LONGEST_QUOTE]} {NOTE}"
    if learnt:
        noted = " ".join(each.statement for each in learnt)
        return f"Noted, I will remember that. {noted[:_LONGEST_QUOTE]} {NOTE}"
    if asking:
        return f"I do not remember anything about that. Tell me? {NOTE}"
    if reading.pictures:
        return f"Thank you for the picture! A script cannot look at it, Grok can. {NOTE}"
    return f"I read you. Tell me something about yourself, and ask me about it later. {NOTE}"


def _recalled(memories: tuple[str, ...], asked: str) -> str | None:
    """The memory that shares the most meaning-words with the question; None if no word is shared."""
    wanted = words(asked) - _MEANINGLESS
    shared = [(len(words(memory) & wanted), memory) for memory in memories]
    best = max(shared, key=lambda pair: pair[0], default=(0, ""))
    return best[1] if best[0] else None


def _learn(text: str) -> Iterator[Learnt]:
    for sentence in _sentences(text):
        if _QUESTION.search(sentence):
            continue
        for rule in _RULES:
            if match := rule.form.search(sentence):
                yield Learnt(
                    kind=rule.kind,
                    statement=rule.statement.format(*(group.strip() for group in match.groups())),
                    said_by="person",
                    valid_from=None,
                    valid_until=None,
                    confidence=0.9,
                    importance=rule.importance,
                )
                break


def _sentences(text: str) -> list[str]:
    """Statements and questions, one by one; a question keeps its mark."""
    marked = text.replace("?", " ?.").replace("’", "'")
    return [part.strip() for part in _PARTS.split(marked) if part and part.strip()]


def _language(text: str) -> str:
    found = language(text)
    return found if found and len(found) == 2 else "en"


def _appraise(text: str) -> Appraisal:
    kind, cruel, sorry = (bool(pattern.search(text)) for pattern in (_KIND, _CRUEL, _SORRY))
    good, bad = bool(_GOOD_NEWS.search(text)), bool(_BAD_NEWS.search(text))
    return Appraisal(
        desirability=0.5 * (good - bad),
        praise=0.5 * kind,
        warmth=0.5 * kind - 0.5 * cruel,
        hostility=0.7 * cruel,
        apology=0.7 * sorry,
        intensity=0.7 if "!" in text else 0.4,
    )
