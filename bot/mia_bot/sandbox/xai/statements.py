"""The script's memory: rules that make plain sentences into statements, and tell them back to the person."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from mia_bot.sandbox.xai.sentences import is_question, sentences
from mia_core.xai.answer import Learnt, MemoryKind

_MOST_LEARNT = 5


@dataclass(frozen=True)
class Rule:
    """A form of sentence that teaches something, and the statement that it makes."""

    form: re.Pattern[str]
    kind: MemoryKind
    statement: str
    importance: float


def _rule(form: str, kind: MemoryKind, statement: str, importance: float = 0.6) -> Rule:
    return Rule(re.compile(form, re.IGNORECASE), kind, statement, importance)


_REST = r"(?P<rest>.{2,120})$"
_SOMETHING = r"(?:an?|one|two|three|four|five|\d+|some|many|several|no|the)\b"
_BEING = (
    r"(?:an?|the|from|in|at|called|named|married|single|engaged|retired|vegan|vegetarian|\d+"
    r"|studying|learning|working|living|moving|training|writing)\b|(?-i:[A-Z])"
)
_RULES = (
    _rule(
        r"\bmy (?P<what>[\w' ]{2,40}?)(?:'s name)? is (?:called|named) (?P<rest>.{1,60})$",
        "fact",
        "The person's {what} is called {rest}.",
        0.8,
    ),
    _rule(r"\bmy name is (?P<rest>.{1,60})$", "fact", "The person's name is {rest}.", 0.9),
    _rule(
        r"\bmy (?P<what>[\w' ]{2,40}?) (?P<be>is|are|was|were) (?P<rest>.{1,120})$",
        "fact",
        "The person's {what} {be} {rest}.",
    ),
    _rule(rf"\bi(?: am|'m) going to {_REST}", "plan", "The person is going to {rest}."),
    _rule(rf"\bi(?: will|'ll) {_REST}", "plan", "The person will {rest}."),
    _rule(rf"\bi (?P<be>start|begin|move|fly|travel|leave) {_REST}", "plan", "The person will {be} {rest}.", 0.7),
    _rule(
        rf"\bi (?:really |also )?(?P<verb>love|like|enjoy|prefer|hate|dislike) {_REST}",
        "preference",
        "The person {verb} {rest}.",
    ),
    _rule(
        rf"\bi (?P<verb>live|work|study) (?P<be>in|at|as|for|with) {_REST}",
        "fact",
        "The person {verb} {be} {rest}.",
        0.7,
    ),
    _rule(rf"\bi (?P<verb>study) {_REST}", "fact", "The person {verb} {rest}."),
    _rule(
        rf"\bi(?: have|'ve got) (?!a (?:question|minute|moment|problem)\b)(?={_SOMETHING}){_REST}",
        "fact",
        "The person has {rest}.",
    ),
    _rule(rf"\bi(?: am|'m) (?={_BEING}){_REST}", "fact", "The person is {rest}."),
)
_UNSURE = re.compile(r"\b(?:not|never|nobody|if|wish|said|says|thinks?)\b|n't", re.IGNORECASE)
"""Words before a statement that take it back, or give it to somebody else."""
_ASKED_FOR = re.compile(r"\bremember\b", re.IGNORECASE)
_SENSITIVE = re.compile(
    r"\b(?:ill|sick|illness|disease|cancer|diabet\w+|depress\w+|anxiety|pregnan\w+|hiv|autis\w+|adhd|therap\w+"
    r"|democrat|republican|communist|conservative|socialist|vot(?:e|ed|er|ing)|party member|union"
    r"|christian|catholic|muslim|jew|jewish|hindu|buddhist|atheist|religio\w+|church|mosque|synagogue"
    r"|gay|lesbian|bisexual|trans|transgender|queer|asian|latino|latina|latinx"
    r"|debts?|bankrupt\w*|convict\w+|arrested|prison|criminal)\b",
    re.IGNORECASE,
)
"""What a prompt's rules leave out unless the person asks for it to be remembered."""

_THIRD = {"have": "has", "study": "studies"}
_SECOND = {third: base for base, third in _THIRD.items()} | {"is": "are", "was": "were", "will": "will"}
_THEIRS = {"my": "their", "mine": "theirs", "me": "them", "myself": "themselves", "i": "they"}
_YOURS = {"their": "your", "theirs": "yours", "them": "you", "themselves": "yourself", "they": "you"}
_OWN = re.compile(r"\b(?:my|mine|me|myself|i)\b", re.IGNORECASE)
_OTHERS = re.compile(r"\b(?:their|theirs|them|themselves|they)\b", re.IGNORECASE)
_ABOUT_THEM = re.compile(r"The person(?P<own>'s)? (?P<first>\S+)(?P<rest>.*)", re.DOTALL)


def learn(text: str) -> list[Learnt]:
    """The statements in a text that are worth keeping, at most five; questions teach nothing."""
    found = (_learn(sentence) for sentence in sentences(text) if not is_question(sentence))
    return [learnt for learnt in found if learnt][:_MOST_LEARNT]


def told_back(statements: Sequence[str]) -> str:
    """Statements as one says them to the person: "your dog is called Luna; you live in Porto"."""
    return "; ".join(_to_the_person(statement).rstrip(".") for statement in statements)


def _learn(sentence: str) -> Learnt | None:
    plain = sentence.rstrip(" .!;")
    matches = ((rule, match) for rule in _RULES if (match := rule.form.search(plain)))
    rule, match = min(matches, key=lambda pair: pair[1].start(), default=(None, None))
    if rule is None or match is None or _UNSURE.search(plain[: match.start()]):
        return None
    if _SENSITIVE.search(plain) and not _ASKED_FOR.search(plain):
        return None
    return Learnt(
        kind=rule.kind,
        statement=rule.statement.format_map(_parts(match)),
        said_by="person",
        valid_from=None,
        valid_until=None,
        confidence=0.9,
        importance=rule.importance,
    )


def _parts(match: re.Match[str]) -> dict[str, str]:
    parts = {name: value.strip() for name, value in match.groupdict().items()}
    verb = parts.get("verb", "").lower()
    return parts | {
        "verb": _THIRD.get(verb, f"{verb}s"),
        "be": parts.get("be", "").lower(),
        "rest": _OWN.sub(lambda own: _THEIRS[own[0].lower()], parts["rest"]),
    }


def _to_the_person(statement: str) -> str:
    match = _ABOUT_THEM.fullmatch(statement)
    if not match:
        return statement
    rest = _OTHERS.sub(lambda word: _YOURS[word[0].lower()], match["rest"])
    if match["own"]:
        return f"your {match['first']}{rest}"
    return f"you {_SECOND.get(match['first'], match['first'].removesuffix('s'))}{rest}"
