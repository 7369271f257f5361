"""xAI's routes in the sandbox: POST /v1/responses and GET /v1/models, with faults that can be switched on."""

import asyncio
import json
import math
from collections import OrderedDict, deque
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal
from uuid import uuid4

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, PlainTextResponse, Response
from starlette.routing import BaseRoute, Route

from mia_bot.sandbox.faults.layer import XAI_FAULT
from mia_bot.sandbox.xai.reading import read_prompt
from mia_bot.sandbox.xai.script import compose
from mia_core.clock import Clock

MODELS = ("grok-4.3", "grok-4.20-non-reasoning")
_TICKS_PER_TOKEN = {"input": 12_500, "cached": 2_000, "output": 25_000}
"""grok-4.3: $1.25, $0.20 and $2.50 for a million tokens; 1e10 ticks are a dollar."""
_CHARACTERS_A_TOKEN = 4
_REFUSED_PARAMETERS = ("presence_penalty", "frequency_penalty")
_MOST_PREFIXES = 1_000

Fault = Literal[
    "wrong_key",
    "safety",
    "rate_limit",
    "no_credits",
    "unavailable",
    "refusal",
    "broken_json",
    "empty_reply",
    "slow",
]


class XaiFaults(BaseModel):
    """The body of PUT /sandbox/xai-faults: what happens to the next calls, in order."""

    model_config = ConfigDict(extra="forbid")

    next: list[Fault] = Field(max_length=10_000)
    slow_s: float = Field(5, ge=0, le=600)


class _JsonSchema(BaseModel):
    type: Literal["json_schema"]
    name: str
    schema_: dict[str, Any] = Field(alias="schema")
    strict: Literal[True]


class _Text(BaseModel):
    format: _JsonSchema


class _Request(BaseModel):
    """The part of a request that is looked at; the rest is left aside as xAI does."""

    model: str
    input: list[dict[str, Any]] = Field(min_length=1)
    text: _Text
    prompt_cache_key: str = ""


class ScriptedXai:
    """Plays xAI. Holds no text beyond the latest prompt of each cache key, to count what a cache would save."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._faults: deque[Fault] = deque()
        self._slow_s = 0.0
        self._prompts: OrderedDict[str, str] = OrderedDict()

    def routes(self) -> Sequence[BaseRoute]:
        """To be put beside the sandbox's own."""
        return (
            Route("/v1/responses", self.respond, methods=["POST"]),
            Route("/v1/models", self.models, methods=["GET"]),
            Route("/sandbox/xai-faults", self.put_faults, methods=["PUT"]),
        )

    async def put_faults(self, request: Request) -> Response:
        """PUT /sandbox/xai-faults"""
        try:
            wanted = XaiFaults.model_validate_json(await request.body())
        except ValidationError as error:
            return JSONResponse({"error": str(error.errors()[0]["msg"])}, 400)
        self._faults, self._slow_s = deque(wanted.next), wanted.slow_s
        return JSONResponse({"next": list(self._faults)})

    async def models(self, _request: Request) -> Response:
        """GET /v1/models"""
        data = [{"id": model, "object": "model", "owned_by": "xai", "aliases": []} for model in MODELS]
        return JSONResponse({"object": "list", "data": data}, headers=_headers())

    async def respond(self, request: Request) -> Response:
        """POST /v1/responses"""
        fault: Fault | None = self._faults.popleft() if self._faults else request.scope.get(XAI_FAULT)
        if fault == "slow":
            await asyncio.sleep(self._slow_s)
        answer = _ERRORS[fault]() if fault in _ERRORS else self._checked(await request.body(), fault)
        answer.headers.update(_headers())
        return answer

    def _checked(self, sent: bytes, fault: Fault | None) -> Response:
        """What xAI refuses is refused in its words; the rest is answered."""
        try:
            body = json.loads(sent)
            asked = _Request.model_validate(body)
        except (ValueError, RecursionError) as error:
            where = error.errors()[0]["loc"] if isinstance(error, ValidationError) else ("body",)
            return _invalid(f"Invalid request content: {'.'.join(map(str, where))}")
        refused = next((name for name in (*_REFUSED_PARAMETERS, *_refused_with(body)) if name in body), None)
        if refused:
            return _invalid(f"Argument not supported on this model: {refused}")
        if asked.model not in MODELS:
            words = f"The model {asked.model} does not exist or your team does not have access to it."
            return JSONResponse({"code": "Some requested entity was not found", "error": words}, 404)
        return self._answer(asked, fault)

    def _answer(self, asked: _Request, fault: Fault | None) -> Response:
        text = compose(read_prompt(asked.input)).model_dump_json()
        if fault == "broken_json":
            text = text[: len(text) // 2]
        if fault == "empty_reply":
            text = json.dumps(json.loads(text) | {"reply": ""})
        part = {"type": "output_text", "text": text, "annotations": []}
        if fault == "refusal":
            part = {"type": "refusal", "refusal": "I can't help with that."}
        document = {
            "id": f"resp_{uuid4()}",
            "object": "response",
            "created_at": int(self._clock().timestamp()),
            "model": asked.model,
            "status": "completed",
            "output": [
                {
                    "id": f"msg_{uuid4()}",
                    "type": "message",
                    "role": "assistant",
                    "status": "completed",
                    "content": [part],
                }
            ],
            "store": False,
            "usage": self._usage(asked, text),
        }
        return JSONResponse(document)

    def _usage(self, asked: _Request, text: str) -> dict[str, Any]:
        prompt = json.dumps(asked.input, ensure_ascii=False)
        given, made = _tokens(prompt), _tokens(text)
        cached = _tokens(_shared_prefix(prompt, self._prompts.get(asked.prompt_cache_key, "")))
        self._prompts[asked.prompt_cache_key] = prompt
        self._prompts.move_to_end(asked.prompt_cache_key)
        if len(self._prompts) > _MOST_PREFIXES:
            self._prompts.popitem(last=False)
        ticks = (
            (given - cached) * _TICKS_PER_TOKEN["input"]
            + cached * _TICKS_PER_TOKEN["cached"]
            + made * _TICKS_PER_TOKEN["output"]
        )
        return {
            "input_tokens": given,
            "input_tokens_details": {"cached_tokens": cached},
            "output_tokens": made,
            "output_tokens_details": {"reasoning_tokens": 0},
            "total_tokens": given + made,
            "cost_in_usd_ticks": ticks,
        }


def _refused_with(body: Mapping[str, Any]) -> Sequence[str]:
    """Parameters that go only without reasoning."""
    reasoning = body.get("reasoning")
    effort = reasoning.get("effort", "low") if isinstance(reasoning, Mapping) else "none"
    return () if effort == "none" else ("stop",)


def _tokens(text: str) -> int:
    return math.ceil(len(text) / _CHARACTERS_A_TOKEN)


def _shared_prefix(one: str, other: str) -> str:
    length = next(
        (i for i, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other))
    )
    return one[:length]


def _headers() -> dict[str, str]:
    return {"x-request-id": str(uuid4()), "x-zero-data-retention": "false"}


def _invalid(words: str) -> Response:
    return JSONResponse({"code": "Client specified an invalid argument", "error": words}, 400)


_ERRORS: dict[Fault | None, Callable[[], Response]] = {
    "wrong_key": lambda: JSONResponse(
        {
            "code": "Client specified an invalid argument",
            "error": "Incorrect API key provided: sa***xx. You can obtain an API key from https://console.x.ai.",
        },
        400,
    ),
    "safety": lambda: JSONResponse(
        {
            "code": "The caller does not have permission to execute the specified operation",
            "error": "Content violates usage guidelines. Failed check: SAFETY_CHECK_TYPE_BIO",
        },
        403,
    ),
    "rate_limit": lambda: JSONResponse(
        {"error": {"message": "Too many requests", "type": "rate_limit", "code": "resource-exhausted"}},
        429,
        headers={"retry-after": "1"},
    ),
    "no_credits": lambda: PlainTextResponse(
        "Your team has either used all available credits or reached its monthly spending limit.", 429
    ),
    "unavailable": lambda: HTMLResponse("<html><h1>503 Service Unavailable</h1></html>", 503),
}
