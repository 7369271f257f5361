"""X's query language, as far as the sandbox speaks it, for search and for the rules of the filtered stream.

Terms stand side by side (and), `OR` between them, parentheses, `-` before a term. An operator that is
not known is refused, as X does.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Protocol

from mia_bot.sandbox.problems import Problem, invalid_request
from mia_bot.sandbox.records import Person, Post
from mia_bot.sandbox.timeline import Timeline
from mia_bot.sandbox.world import World

_TOKEN = re.compile(
    r'\s*(?:(?P<open>-?\()|(?P<close>\))|(?P<term>-?(?:[a-z_]+:)?(?:"[^"]*"|[^\s()"]+)))', re.IGNORECASE
)
_OPERATOR = re.compile(r"([A-Za-z_]+):(.+)", re.DOTALL)
_NO_SPACES = re.compile(r"[\u0e00-\u0e7f\u3040-\u30ff\u3400-\u9fff]")


class Matcher(Protocol):
    """A query that was understood."""

    def matches(self, post: Post, world: World) -> bool:
        """Whether a post is what the query asks for."""


Test = Callable[[Post, World], bool]


@dataclass(frozen=True)
class Term:
    """One operator or word; `standalone` ones may make a query by themselves."""

    test: Test
    operator: str
    value: str
    standalone: bool = True

    def matches(self, post: Post, world: World) -> bool:
        """Whether the post passes the test."""
        return self.test(post, world)


@dataclass(frozen=True)
class Not:
    """A negated part."""

    part: Matcher

    def matches(self, post: Post, world: World) -> bool:
        """Whether the part does not match."""
        return not self.part.matches(post, world)


@dataclass(frozen=True)
class Every:
    """Parts side by side."""

    parts: tuple[Matcher, ...]

    def matches(self, post: Post, world: World) -> bool:
        """Whether all parts match."""
        return all(part.matches(post, world) for part in self.parts)


@dataclass(frozen=True)
class Some:
    """Parts with OR between them."""

    parts: tuple[Matcher, ...]

    def matches(self, post: Post, world: World) -> bool:
        """Whether any part matches."""
        return any(part.matches(post, world) for part in self.parts)


def parse(query: str, parameter: str) -> Matcher:
    """Understand a query; raises X's 400, naming the parameter it came in."""

    def refuse(message: str) -> Problem:
        return invalid_request((parameter, query, message))

    tokens = list(_tokens(query, refuse))
    matcher, rest = _some(tokens, refuse)
    if rest:
        raise refuse("Unbalanced parentheses in the query")
    if not _stands_alone(matcher):
        raise refuse("The query must contain at least one term that is neither negated nor is:, has: or lang:")
    return matcher


def candidates(matcher: Matcher, world: World) -> Timeline:
    """A timeline that holds all posts that can match, as short as the query allows."""
    parts = matcher.parts if isinstance(matcher, Every) else (matcher,)
    for part in parts:
        match part:
            case Term(operator="conversation_id", value=value):
                return world.posts_by_conversation.get(int(value), Timeline())
            case Term(operator="in_reply_to_tweet_id", value=value):
                return world.replies_to.get(int(value), Timeline())
            case Term(operator="from", value=value):
                person = _person(world, value)
                return world.posts_by_author.get(person.id, Timeline()) if person else Timeline()
    return world.timeline


Refuse = Callable[[str], Problem]


def _tokens(query: str, refuse: Refuse) -> Iterator[str]:
    at = 0
    text = query.rstrip()
    while at < len(text):
        match = _TOKEN.match(text, at)
        if match is None:
            raise refuse(f"missing a quote or term at position {at + 1}")
        yield match[0].strip()
        at = match.end()


def _some(tokens: list[str], refuse: Refuse) -> tuple[Matcher, list[str]]:
    part, tokens = _every(tokens, refuse)
    parts = [part]
    while tokens and tokens[0] == "OR":
        part, tokens = _every(tokens[1:], refuse)
        parts.append(part)
    return (parts[0] if len(parts) == 1 else Some(tuple(parts))), tokens


def _every(tokens: list[str], refuse: Refuse) -> tuple[Matcher, list[str]]:
    parts: list[Matcher] = []
    while tokens and tokens[0] not in ("OR", ")"):
        token, tokens = tokens[0], tokens[1:]
        if token in ("(", "-("):
            inner, tokens = _some(tokens, refuse)
            if not tokens:
                raise refuse("Unbalanced parentheses in the query")
            tokens = tokens[1:]
            parts.append(inner if token == "(" else Not(inner))  # noqa: S105 - a parenthesis
        elif token.startswith("-") and len(token) > 1:
            parts.append(Not(_term(token[1:], refuse)))
        else:
            parts.append(_term(token, refuse))
    if not parts:
        raise refuse("The query has an empty part")
    return (parts[0] if len(parts) == 1 else Every(tuple(parts))), tokens


def _term(token: str, refuse: Refuse) -> Term:
    operator = _OPERATOR.fullmatch(token)
    if operator and not token.startswith('"') and not operator[2].startswith("//"):
        return _operator(operator[1].lower(), operator[2].strip('"'), refuse)
    if token.startswith("@") and len(token) > 1:
        name = token[1:].lower()
        return Term(lambda post, _: any(m.username.lower() == name for m in post.mentions), "@", name)
    if token.startswith("#") and len(token) > 1:
        return Term(_words(token), "#", token)
    return Term(_words(token.strip('"')), "", token)


def _operator(name: str, value: str, refuse: Refuse) -> Term:
    match name:
        case "conversation_id" | "in_reply_to_tweet_id" | "quotes_of_tweet_id":
            if not re.fullmatch(r"[0-9]{1,19}", value):
                raise refuse(f"Invalid id '{value}' for operator {name}")
            return Term(_BY_ID[name](int(value)), name, value)
        case "from":
            return Term(lambda post, world: _is(world, post.author_id, value), name, value)
        case "to":
            return Term(lambda post, world: _is(world, post.in_reply_to_person_id, value), name, value)
        case "is" | "has":
            test = _FLAGS.get(f"{name}:{value.lower()}")
            if test is not None:
                return Term(test, name, value, standalone=False)
        case "lang":
            return Term(lambda post, _: post.lang == value.lower(), name, value, standalone=False)
    shown = f"{name}:{value}" if name in ("is", "has") else name
    raise refuse(
        f"Reference to invalid operator '{shown}'. Operator is not available in current product or product "
        "packaging. Please refer to complete available operator list at https://docs.x.com/x-api/posts/search."
    )


_BY_ID: dict[str, Callable[[int], Test]] = {
    "conversation_id": lambda wanted: lambda post, _: post.conversation_id == wanted,
    "in_reply_to_tweet_id": lambda wanted: lambda post, _: post.replied_to == wanted,
    "quotes_of_tweet_id": lambda wanted: lambda post, _: post.quoted == wanted,
}
_FLAGS: dict[str, Test] = {
    "is:retweet": lambda _post, _world: False,
    "is:reply": lambda post, _: post.replied_to is not None,
    "is:quote": lambda post, _: post.quoted is not None,
    "is:verified": lambda post, world: world.people[post.author_id].premium,
    "has:media": lambda post, _: bool(post.media_ids),
    "has:images": lambda post, world: any(world.media[i].kind == "photo" for i in post.media_ids),
    "has:mentions": lambda post, _: bool(post.mentions),
    "has:links": lambda post, _: "://" in post.text,
}


def _person(world: World, value: str) -> Person | None:
    name = value.removeprefix("@")
    named = world.person_named(name)
    return named or (world.people.get(int(name)) if name.isdecimal() else None)


def _is(world: World, person_id: int | None, value: str) -> bool:
    person = _person(world, value)
    return person is not None and person.id == person_id


def _words(phrase: str) -> Test:
    wanted = r"\W+".join(re.escape(word) for word in re.findall(r"[#\w]+", phrase.casefold())) or re.escape(phrase)
    spaceless = bool(_NO_SPACES.search(phrase))
    pattern = re.compile(wanted if spaceless else rf"(?<!\w){wanted}(?!\w)")
    return lambda post, _: bool(pattern.search((post.prefix + post.body).casefold()))


def _stands_alone(matcher: Matcher) -> bool:
    match matcher:
        case Term(standalone=standalone):
            return standalone
        case Every(parts=parts):
            return any(_stands_alone(part) for part in parts)
        case Some(parts=parts):
            return all(_stands_alone(part) for part in parts)
    return False
