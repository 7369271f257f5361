"""Takes keys, tokens and ids of the team out of xAI's error texts, before they reach an exception or a log."""

import re

HIDDEN = "[hidden]"
_LONGEST = 300

_SECRETS = re.compile(
    r"""
      (?<![A-Za-z0-9]) (?: xai | sk ) - [\w*.\-]+         # keys, whole or masked
    | \S* \*{2,} \S*                                      # what a server masked itself
    | (?<= bearer\ ) \s* [^\s"',]+                        # tokens
    | (?<= api\ key\ provided:\ ) \s* [^\s"',]+           # "Incorrect API key provided: xa***ey"
    | (?<= team\ ) \s* [0-9a-f][\w\-]{7,}                 # a team's id, should it be no uuid
    | [0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}         # uuids: teams, users, keys
    """,
    re.IGNORECASE | re.VERBOSE,
)
_LABEL = re.compile(r"[A-Za-z][A-Za-z0-9_.:\-]{0,59}")
_UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]+")


def redact(text: str, *secrets: str) -> str:
    """The text on one line, at most 300 characters, without what looks like a secret and without `secrets`."""
    for secret in secrets:
        if secret:
            text = text.replace(secret, HIDDEN)
    line = " ".join(_UNPRINTABLE.sub(" ", text).split())
    return _SECRETS.sub(HIDDEN, line)[:_LONGEST]


def label(value: object) -> str:
    """A code word of xAI's, such as `invalid-argument`; `unknown` for whatever could hold more than a word."""
    return value if isinstance(value, str) and _LABEL.fullmatch(value) else "unknown"
