"""A line of the filtered stream is what X's own OpenAPI documents describe."""

import json

import pytest

from tests.bot.sandbox.serving import Served
from tests.openapi import DOCUMENTS, x_document


@pytest.mark.parametrize("name", DOCUMENTS)
def test_a_pushed_post_is_as_described(sandbox_server: Served, name: str) -> None:
    path = "/2/tweets/search/stream"
    params = {"tweet.fields": "created_at,entities", "expansions": "author_id,entities.mentions.username"}
    with sandbox_server.client(None) as app, sandbox_server.client() as amelie:
        app.post(f"{path}/rules", json={"add": [{"value": "@miaaibot", "tag": "mentions"}]})
        with app.stream("GET", path, params=params) as answer:
            lines = answer.iter_lines()
            next(lines)
            amelie.post("/2/tweets", json={"text": "@miaaibot hello"})
            pushed = json.loads(next(line for line in lines if line))
            kind = answer.headers["content-type"]
    assert pushed["matching_rules"][0]["tag"] == "mentions"
    x_document(name).check_answer("GET", path, 200, kind, pushed)
