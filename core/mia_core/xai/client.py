"""The one client of xAI's text API: asks, retries, counts the cost, and says in our own errors what went wrong."""

import asyncio
import ipaddress
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any
from uuid import uuid4

import httpx
import structlog
from tenacity import AsyncRetrying, RetryCallState, retry_if_exception, stop_after_attempt
from tenacity.wait import wait_random, wait_random_exponential

from mia_core.clock import Clock
from mia_core.errors import ModelError, ModelGarbled, ModelHalted, ModelRejected, SettingsError
from mia_core.settings import XaiSettings
from mia_core.xai.answer import Answer, read_answer
from mia_core.xai.breaker import Breaker
from mia_core.xai.budget import Budget, SpentToday
from mia_core.xai.faults import HALT, Overloaded, fault
from mia_core.xai.models import read_models
from mia_core.xai.usage import CallRecord, Usage, read_usage
from mia_core.xai.wire import Prompt, output_text, read_document, request_body

__all__ = ["Prompt", "Reply", "Xai", "open_xai"]

log = structlog.get_logger(__name__)

Sleep = Callable[[float], Awaitable[None]]

LONGEST_WAIT = timedelta(seconds=30)
"""A longer Retry-After is not waited for within the call but handed on as `retry_at`."""
_CONNECT_S = 10.0
_BACKOFF = wait_random_exponential(multiplier=1, max=8)
_JITTER = wait_random(0, 1)


@dataclass(frozen=True)
class Reply:
    """An answer, and what it took."""

    answer: Answer
    calls: tuple[CallRecord, ...]
    """Every HTTP call that was made for it, failed ones included; the last one brought the answer."""
    zero_retention: bool
    """xAI says that it keeps nothing of this call; without it, 30 days for audits of abuse."""


@asynccontextmanager
async def open_xai(
    settings: XaiSettings,
    *,
    clock: Clock,
    sleep: Sleep = asyncio.sleep,
    spent_today: SpentToday | None = None,
) -> AsyncIterator["Xai"]:
    """Open the client and its connections.

    `spent_today` answers the ticks that all processes recorded on this UTC day; without it, the budget sees
    this process alone. Raises SettingsError when the key cannot be a key.
    """
    local = _is_loopback(settings.base_url)
    async with httpx.AsyncClient(
        # The whole call has its limit in Xai; a proxy of the environment is not asked for this machine itself.
        timeout=httpx.Timeout(None, connect=_CONNECT_S),
        trust_env=not local,
    ) as http:
        yield Xai(settings, http, clock=clock, sleep=sleep, spent_today=spent_today)


class Xai:
    """Asks the model, once for each turn. Safe for any number of tasks at a time."""

    def __init__(
        self,
        settings: XaiSettings,
        http: httpx.AsyncClient,
        *,
        clock: Clock,
        sleep: Sleep = asyncio.sleep,
        spent_today: SpentToday | None = None,
    ) -> None:
        self._settings = settings
        self._http = http
        self._clock = clock
        self._sleep = sleep
        self._key = _key(settings)
        self._breaker = Breaker(clock)
        self._budget = Budget(settings.daily_budget_usd, clock, spent_today)
        self._cost_told = True

    async def ask(self, prompt: Prompt) -> Reply:
        """One answer to one prompt. A garbled answer is asked for once more, overload `xai.attempts` times.

        Raises ModelError: ModelRefused, ModelGarbled, ModelBusy or ModelHalted; its `calls` hold what was spent.
        """
        calls: list[CallRecord] = []
        try:
            self._require_key()
            await self._budget.check()
            with self._breaker.guard():
                return await self._ask(request_body(self._settings, prompt), calls)
        except ModelError as error:
            error.calls = tuple(calls)
            raise

    async def models(self) -> list[str]:
        """Ids and aliases of the models that the key may use. Raises ModelError; nothing is tried again."""
        self._require_key()
        response = await self._exchange("GET", "/models", str(uuid4()))
        document = read_document(response.content)
        if document is None:
            raise ModelGarbled("the list of models is no JSON object; check xai.base_url")
        return read_models(document)

    async def _ask(self, body: Mapping[str, Any], calls: list[CallRecord]) -> Reply:
        try:
            return await self._call_patiently(body, calls)
        except ModelRejected:
            raise
        except ModelGarbled as garbled:
            log.warning("xai_asked_again", reason=str(garbled))
        return await self._call_patiently(body, calls)

    async def _call_patiently(self, body: Mapping[str, Any], calls: list[CallRecord]) -> Reply:
        retrying = AsyncRetrying(
            retry=retry_if_exception(_worth_waiting),
            stop=stop_after_attempt(self._settings.attempts),
            wait=_pause,
            sleep=self._sleep,
            reraise=True,
        )
        return await retrying(self._call, body, calls)

    async def _call(self, body: Mapping[str, Any], calls: list[CallRecord]) -> Reply:
        """One HTTP call, added to `calls` whatever comes of it."""
        request_id, started = str(uuid4()), time.monotonic()
        call = CallRecord(self._clock(), self._settings.model, "ok", request_id=request_id)
        try:
            response = await self._exchange("POST", "/responses", request_id, body)
            call = replace(call, request_id=_request_id(response) or request_id)
            document = read_document(response.content)
            if document is None:
                raise ModelGarbled("the response is no JSON object")
            call = _with_usage(call, document, self._usage(document))
            answer = self._answer(document)
        except ModelError as error:
            call = replace(call, outcome=error.outcome)
            log.warning("xai_call_failed", outcome=error.outcome, reason=str(error), request_id=call.request_id)
            raise
        finally:
            calls.append(replace(call, duration_ms=round((time.monotonic() - started) * 1000)))
            self._budget.add(call.cost_ticks)
        zero_retention = response.headers.get("x-zero-data-retention", "").lower() == "true"
        return Reply(answer, tuple(calls), zero_retention)

    async def _exchange(
        self, method: str, path: str, request_id: str, body: Mapping[str, Any] | None = None
    ) -> httpx.Response:
        """A response with success. Raises ModelError for every other, and when none comes in time."""
        headers = {"x-client-request-id": request_id}
        if self._key:
            headers["authorization"] = f"Bearer {self._key}"
        # Raised outside of `except`: httpx's errors carry the request, and so people's text and the key.
        failure = ""
        try:
            async with asyncio.timeout(self._settings.timeout_s):
                response = await self._http.request(
                    method, self._settings.base_url + path, json=body, headers=headers
                )
        except (TimeoutError, httpx.TimeoutException):
            failure = f"no answer within {self._settings.timeout_s:g} s"
        except httpx.RequestError as error:
            failure = f"no connection ({type(error).__name__})"
        if failure:
            raise Overloaded(failure, self._clock())
        if not response.is_success:
            raise fault(
                response.status_code,
                response.headers,
                response.content,
                now=self._clock(),
                secrets=(self._key,) if self._key else (),
            )
        return response

    def _answer(self, document: Mapping[str, Any]) -> Answer:
        text = output_text(document)
        read = read_answer(text)
        if read is None:
            raise ModelGarbled(
                "the answer is empty" if not text.strip() else "the answer is not the JSON asked for"
            )
        answer, dropped = read
        if dropped:
            log.warning("xai_memories_unreadable", count=dropped)
        return answer

    def _usage(self, document: Mapping[str, Any]) -> Usage:
        usage = read_usage(document)
        if self._cost_told and not usage.cost_told:
            self._cost_told = False
            log.warning("xai_cost_not_told", consequence="it counts as nothing towards xai.daily_budget_usd")
        return usage

    def _require_key(self) -> None:
        if not self._key and not _is_loopback(self._settings.base_url):
            raise ModelHalted("xai.api_key (MIA_XAI__API_KEY) is not set; Grok needs a key", self._clock() + HALT)


def _worth_waiting(error: BaseException) -> bool:
    return isinstance(error, Overloaded) and (error.wait is None or error.wait <= LONGEST_WAIT)


def _pause(state: RetryCallState) -> float:
    """Seconds until the next try: what xAI asked for and a little more, else a growing random span."""
    error = state.outcome.exception() if state.outcome else None
    if isinstance(error, Overloaded) and error.wait is not None:
        return error.wait.total_seconds() + _JITTER(state)
    return _BACKOFF(state)


def _key(settings: XaiSettings) -> str:
    key = settings.api_key.get_secret_value().strip() if settings.api_key else ""
    if not (key.isascii() and key.isprintable()):
        raise SettingsError("xai.api_key (MIA_XAI__API_KEY): should be one line of plain letters and digits")
    return key


def _is_loopback(address: str) -> bool:
    """Whether a server on this machine is meant; a sandbox or a local model needs no key."""
    host = httpx.URL(address).host
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")


def _request_id(response: httpx.Response) -> str:
    return str(response.headers.get("x-request-id", ""))[:100]


def _with_usage(call: CallRecord, document: Mapping[str, Any], usage: Usage) -> CallRecord:
    model = document.get("model")
    return replace(
        call,
        model=model[:100] if isinstance(model, str) and model else call.model,
        input_tokens=usage.input_tokens,
        cached_tokens=usage.cached_tokens,
        output_tokens=usage.output_tokens,
        reasoning_tokens=usage.reasoning_tokens,
        cost_ticks=usage.cost_ticks,
    )
