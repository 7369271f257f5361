"""The truth as X has it: all that people wrote to her, and all that she wrote."""

import re
from collections.abc import Mapping
from typing import Any

import httpx

from tests.bench.chaos.count import Asked, Shown

_NUMBER = re.compile(r"\bnumber (\d+)")


async def read_x(x: httpx.AsyncClient, bot_id: str) -> tuple[list[Asked], list[Shown]]:
    """Read every DM and post of the round. `x` calls as her own account, and nothing may disturb it."""
    dms = await _pages(x, "/2/dm_events", "pagination_token", {"dm_event.fields": "id,text,sender_id"})
    fields = {"tweet.fields": "author_id,referenced_tweets"}
    recent = "/2/tweets/search/recent"
    theirs = await _pages(x, recent, "next_token", {"query": "@miaaibot -from:miaaibot", **fields})
    hers = await _pages(x, recent, "next_token", {"query": "from:miaaibot", **fields})
    asked = [
        *(
            Asked(int(dm["id"]), int(dm["sender_id"]), "dm", _number(dm))
            for dm in dms
            if dm["sender_id"] != bot_id
        ),
        *(Asked(int(post["id"]), int(post["author_id"]), "post", _number(post)) for post in theirs),
    ]
    shown = [
        *(Shown(int(dm["id"]), "dm", numbers=_numbers(dm)) for dm in dms if dm["sender_id"] == bot_id),
        *(Shown(int(post["id"]), "post", replied_to=_replied_to(post)) for post in hers),
    ]
    return sorted(asked, key=lambda each: each.id), sorted(shown, key=lambda each: each.id)


async def _pages(
    x: httpx.AsyncClient, path: str, token_name: str, params: Mapping[str, str]
) -> list[dict[str, Any]]:
    found: dict[str, dict[str, Any]] = {}
    token: dict[str, str] = {}
    while True:
        answer = await x.get(path, params={**params, **token, "max_results": "100"})
        page = answer.raise_for_status().json()
        found |= {item["id"]: item for item in page.get("data", [])}
        if not (following := page["meta"].get("next_token")):
            return list(found.values())
        token = {token_name: following}


def _numbers(item: Mapping[str, Any]) -> frozenset[int]:
    return frozenset(map(int, _NUMBER.findall(item["text"])))


def _number(item: Mapping[str, Any]) -> int:
    return next(iter(_numbers(item)), 0)


def _replied_to(post: Mapping[str, Any]) -> int | None:
    replied = (ref["id"] for ref in post.get("referenced_tweets", []) if ref["type"] == "replied_to")
    return next((int(post_id) for post_id in replied), None)
