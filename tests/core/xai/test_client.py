"""Asking: the request, the answer, what is counted, and what is asked again."""

import json
from dataclasses import asdict
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from pydantic import SecretStr
from structlog.testing import capture_logs

from mia_core.errors import ModelBusy, ModelError, ModelGarbled, ModelHalted, ModelRefused, SettingsError
from mia_core.settings import XaiSettings
from mia_core.tables import ModelCall
from mia_core.xai.answer import Answer
from mia_core.xai.client import Prompt, open_xai
from tests.core.xai.conftest import KEY, PROMPT, SAID, Line
from tests.core.xai.standin import (
    ANSWER,
    USAGE,
    Scripted,
    answering,
    as_json,
    completed,
    incomplete,
    plain,
    refusal,
    xai_error,
)


async def test_a_good_answer_comes_back_with_reply_appraisal_and_memories(line: Line) -> None:
    reply = await line.xai.ask(PROMPT)
    assert reply.answer.reply == "Luna sounds lovely!"
    assert reply.answer.appraisal.warmth == 0.5
    assert [memory.statement for memory in reply.answer.memories] == ["Ana's dog is called Luna."]


async def test_the_request_asks_xai_to_store_nothing_and_to_answer_in_the_schema(line: Line) -> None:
    await line.ask()
    (seen,) = line.standin.seen
    assert seen.path == "/v1/responses"
    body: dict[str, Any] = seen.body
    schema = body["text"]["format"].pop("schema")
    assert body == {
        "model": "grok-4.3",
        "input": list(PROMPT.items),
        "store": False,
        "prompt_cache_key": "person-7",
        "max_output_tokens": 1200,
        "reasoning": {"effort": "none"},
        "text": {"format": {"type": "json_schema", "name": "answer", "strict": True}},
        "safety_identifier": "hash-of-7",
    }
    assert schema["required"] == list(Answer.model_fields)
    assert seen.headers["authorization"] == f"Bearer {KEY}"
    assert str(UUID(seen.headers["x-client-request-id"])) == seen.headers["x-client-request-id"]


async def test_guidelines_are_sent_where_a_prompt_has_some(line: Line) -> None:
    policy = {"type": "policy", "category": "nsfw", "behavior": "decline"}
    await line.xai.ask(Prompt(PROMPT.items, "person-7", "hash-of-7", guidelines=[policy]))
    assert line.standin.seen[0].body["guidelines"] == [policy]


async def test_null_bytes_and_half_emoji_of_a_person_do_not_keep_a_request_from_being_sent(line: Line) -> None:
    await line.xai.ask(Prompt([{"role": "user", "content": "a\x00b \ud83d"}], "person-7", "hash-of-7"))
    assert line.standin.seen[0].body["input"] == [{"role": "user", "content": "ab \ufffd"}]


async def test_tokens_cost_and_xais_request_id_of_a_call_are_recorded(line: Line) -> None:
    line.standin.will(
        completed(json.dumps(ANSWER), headers={"x-request-id": "req-1", "x-zero-data-retention": "true"})
    )
    reply = await line.xai.ask(PROMPT)
    (call,) = reply.calls
    assert reply.zero_retention
    assert (call.outcome, call.model, call.request_id) == ("ok", "grok-4.3-0901", "req-1")
    assert (call.input_tokens, call.cached_tokens) == (1200, 1000)
    assert (call.output_tokens, call.reasoning_tokens) == (80, 20)
    assert (call.cost_ticks, call.at) == (7_000_000, line.clock())


async def test_a_record_has_the_columns_of_the_table_of_calls(line: Line) -> None:
    (call,) = (await line.xai.ask(PROMPT)).calls
    assert set(asdict(call)) == set(ModelCall.model_fields) - {"id", "person_id", "purpose"}


async def test_a_cost_that_is_not_told_counts_as_nothing_and_is_logged_once(line: Line) -> None:
    silent = {key: value for key, value in USAGE.items() if key != "cost_in_usd_ticks"}
    line.standin.will(*[completed(json.dumps(ANSWER), usage=silent)] * 2)
    with capture_logs() as logs:
        costs = [(await line.xai.ask(PROMPT)).calls[0].cost_ticks for _ in range(2)]
    assert costs == [0, 0]
    assert [entry["event"] for entry in logs] == ["xai_cost_not_told"]


@pytest.mark.parametrize("usage", [None, [], {"input_tokens": "many"}, {"input_tokens_details": 3}])
async def test_a_usage_in_another_shape_does_not_cost_the_answer(line: Line, usage: Any) -> None:
    line.standin.will(completed(json.dumps(ANSWER), usage=usage))
    (call,) = (await line.xai.ask(PROMPT)).calls
    assert (call.input_tokens, call.cached_tokens, call.cost_ticks) == (0, 0, 0)


GARBLED = {
    "truncated JSON": completed('{"reply": "Luna so'),
    "no JSON": completed("Luna sounds lovely!"),
    "another shape": completed('["Luna"]'),
    "an empty reply": answering(reply=" \x00\n "),
    "no appraisal": answering(appraisal=None),
    "no output": as_json({"status": "completed", "output": [], "usage": USAGE}),
    "too long": incomplete("max_output_tokens"),
    "HTML": Scripted(b"<html>welcome</html>"),
    "JSON nested without end": Scripted(b"[" * 100_000),
}


@pytest.mark.parametrize("garbled", GARBLED.values(), ids=list(GARBLED))
async def test_a_garbled_answer_is_asked_for_once_more_at_once(line: Line, garbled: Scripted) -> None:
    line.standin.will(garbled)
    reply = await line.xai.ask(PROMPT)
    assert reply.answer.reply == "Luna sounds lovely!"
    assert [call.outcome for call in reply.calls] == ["garbled", "ok"]
    assert line.slept == []


async def test_two_garbled_answers_are_an_error_that_tells_what_both_have_cost(line: Line) -> None:
    line.standin.will(incomplete("max_output_tokens"), incomplete("max_output_tokens"))
    with pytest.raises(ModelGarbled, match="incomplete: max_output_tokens") as caught:
        await line.ask()
    assert [(call.outcome, call.cost_ticks) for call in caught.value.calls] == [("garbled", 7_000_000)] * 2
    assert len(line.standin.seen) == 2


@pytest.mark.parametrize(
    ("scripted", "check"),
    [
        (refusal("I will not talk about the confetti"), "refusal"),
        (incomplete("content_filter"), "content_filter"),
        (
            xai_error(
                403, "permission-denied", "Content violates usage guidelines. Failed check: SAFETY_CHECK_TYPE_BIO"
            ),
            "SAFETY_CHECK_TYPE_BIO",
        ),
        (xai_error(403, "permission-denied", "This content violates our usage guidelines."), "usage_guidelines"),
    ],
    ids=["a refusal", "a filter", "a named check", "an unnamed check"],
)
async def test_what_is_refused_is_not_asked_again(line: Line, scripted: Scripted, check: str) -> None:
    line.standin.will(scripted)
    with pytest.raises(ModelRefused) as caught:
        await line.ask()
    assert caught.value.check == check
    assert [call.outcome for call in caught.value.calls] == ["refused"]
    assert await line.ask() == "Luna sounds lovely!"


BUSY = {
    "429": xai_error(429, "resource-exhausted", "Too many requests"),
    "408": plain(408, "timeout"),
    "409": plain(409, "conflict"),
    "503 in HTML": plain(503, "<html><h1>Service unavailable</h1></html>"),
    "529": plain(529, ""),
    "a cut connection": Scripted(b'{"status": "compl', cut=True),
    "a slow server": Scripted(b"{}", delay_s=1.5),
}


@pytest.mark.parametrize("busy", BUSY.values(), ids=list(BUSY))
async def test_overload_is_waited_out_with_growing_random_pauses(line: Line, busy: Scripted) -> None:
    line.standin.will(busy)
    reply = await line.xai.ask(PROMPT)
    assert [call.outcome for call in reply.calls] == ["busy", "ok"]
    assert len(line.slept) == 1
    assert 0 <= line.slept[0] <= 8


async def test_overload_past_all_tries_says_when_to_come_back_and_what_was_tried(line: Line) -> None:
    line.standin.will(*[plain(503, "<html>")] * 3)
    with pytest.raises(ModelBusy, match="503") as caught:
        await line.ask()
    assert [call.outcome for call in caught.value.calls] == ["busy"] * 3
    assert len(line.slept) == 2
    assert caught.value.retry_at == line.clock() + timedelta(seconds=15)


@pytest.mark.parametrize("header", ["7", "Mon, 23 Nov 2026 12:00:07 GMT"], ids=["seconds", "date"])
async def test_retry_after_is_honoured_with_a_little_more(line: Line, header: str) -> None:
    line.standin.will(xai_error(429, "resource-exhausted", "slow down", headers={"retry-after": header}))
    await line.ask()
    assert len(line.slept) == 1
    assert 7 <= line.slept[0] <= 8


async def test_a_long_retry_after_is_handed_on_instead_of_waited_for(line: Line) -> None:
    line.standin.will(xai_error(429, "resource-exhausted", "slow down", headers={"retry-after": "90"}))
    with pytest.raises(ModelBusy) as caught:
        await line.ask()
    assert caught.value.retry_at == line.clock() + timedelta(seconds=90)
    assert (line.slept, len(line.standin.seen)) == ([], 1)


async def test_an_unreachable_server_is_overload_too(line: Line) -> None:
    settings = XaiSettings(base_url="http://127.0.0.1:9/v1", attempts=1)
    async with open_xai(settings, clock=line.clock) as xai:
        with pytest.raises(ModelBusy, match="no connection") as caught:
            await xai.ask(PROMPT)
    assert caught.value.calls[0].request_id


async def test_without_a_key_nobody_is_asked_and_the_setting_is_named(line: Line) -> None:
    async with open_xai(XaiSettings(base_url="https://xai.invalid/v1"), clock=line.clock) as xai:
        with pytest.raises(ModelHalted, match=r"xai\.api_key \(MIA_XAI__API_KEY\)") as caught:
            await xai.ask(PROMPT)
    assert caught.value.calls == ()


async def test_a_server_on_this_machine_needs_no_key(line: Line) -> None:
    async with open_xai(XaiSettings(base_url=line.standin.base_url), clock=line.clock) as xai:
        await xai.ask(PROMPT)
    assert "authorization" not in line.standin.seen[0].headers


@pytest.mark.parametrize("key", ["xai-ключ", "xai-one\nxai-two"])
async def test_a_key_that_cannot_be_one_is_a_settings_error_that_does_not_repeat_it(key: str, line: Line) -> None:
    with pytest.raises(SettingsError, match=r"MIA_XAI__API_KEY") as caught:
        async with open_xai(XaiSettings(api_key=SecretStr(key)), clock=line.clock):
            pass
    assert "xai-" not in str(caught.value)


LEAKY = {
    "echo in a garbled answer": [completed(f'{{"reply": "{SAID}')] * 2,
    "echo of a wrong type": [answering(reply=[SAID])] * 2,
    "echo in a refusal": [refusal(SAID)],
    "echo in a rejection": [xai_error(400, "invalid-argument", f"Invalid input: {SAID}")],
    "echo as a code": [xai_error(400, SAID, SAID)],
    "echo in plain text": [plain(404, f"no such thing: {SAID} {KEY}")],
    "echo in a 403": [xai_error(403, "permission-denied", SAID)],
    "the key in a 401": [plain(401, f"Incorrect API key provided: {KEY}")],
    "a cut connection": [Scripted(SAID.encode(), cut=True)] * 3,
}


@pytest.mark.parametrize("script", LEAKY.values(), ids=list(LEAKY))
async def test_no_error_and_no_log_line_holds_a_persons_text_or_the_key(
    line: Line, script: list[Scripted]
) -> None:
    line.standin.will(*script)
    with capture_logs() as logs, pytest.raises(ModelError) as caught:
        await line.ask()
    told = [repr(logs)]
    error: BaseException | None = caught.value
    while error:
        told.append(f"{error!r} {vars(error)}")
        error = error.__cause__ or error.__context__
    assert not [text for text in told if "confetti" in text or KEY in text]


async def test_the_models_of_a_key_are_listed_with_their_aliases(line: Line) -> None:
    listed = [{"id": "grok-4.3", "aliases": ["grok-latest"]}, {"id": "grok-4.20-non-reasoning"}, "odd"]
    line.standin.will(as_json({"object": "list", "data": listed}))
    assert await line.xai.models() == ["grok-4.20-non-reasoning", "grok-4.3", "grok-latest"]
    assert line.standin.seen[0].path == "/v1/models"


async def test_a_server_that_lists_no_models_is_named_as_such(line: Line) -> None:
    line.standin.will(plain(200, "<html>"), plain(404, "<html>"))
    with pytest.raises(ModelGarbled, match=r"xai\.base_url"):
        await line.xai.models()
    with pytest.raises(ModelHalted, match=r"xai\.base_url"):
        await line.xai.models()
