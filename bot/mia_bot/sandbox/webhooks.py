"""X's routes for webhooks: the addresses to which activity events are posted.

Documented: the answers, the check on registering and on PUT, the names of the failures, one webhook on the
pay-per-use plan, no port in an address and https alone; for addresses on this machine the sandbox lets both be.
Guessed: in which error document the failures' names stand; that PUT refuses when the check fails. X also checks by
itself once in a while; the sandbox does not.
"""

import ipaddress
from typing import Any

import httpx
from pydantic import Field
from starlette.responses import Response

from mia_bot.sandbox.calls import APP, Call, Operation, answer_json
from mia_bot.sandbox.fields import iso
from mia_bot.sandbox.limits import Limit
from mia_bot.sandbox.params import Body, body_of, path_id
from mia_bot.sandbox.problems import Problem, invalid_request
from mia_bot.sandbox.records import Webhook
from mia_bot.sandbox.webhooks_signing import CheckResult, check

_REAL_MOST = 1
_GENEROUS_MOST = 50
_FIELDS = ("created_at", "id", "url", "valid")


class NewWebhook(Body):
    """The body of POST /2/webhooks."""

    url: str = Field(min_length=1, max_length=200)


async def create(call: Call) -> Response:
    """POST /2/webhooks: kept when the address passes the check"""
    url = (await body_of(call.request, NewWebhook)).url
    if not _allowed(url):
        raise _failure("UrlValidationFailed", url, "the address must be https, without a port")
    _check_room(call, url)
    if (result := await check(url, call.world.app.consumer_secret)) != "passed":
        raise _check_failed(url, result)
    # The check took a while, in which the same address may have come in a second request.
    _check_room(call, url)
    webhook = Webhook(id=call.world.next_id(), url=url, origin=call.origin, created_at=call.now)
    call.world.put_webhook(webhook)
    return answer_json({"data": _document(webhook, _FIELDS)})


async def listed(call: Call) -> Response:
    """GET /2/webhooks"""
    fields = call.query.names("webhook_config.fields", _FIELDS) or _FIELDS
    data = [_document(webhook, fields) for webhook in call.world.webhooks.values()]
    return answer_json({"data": data, "meta": {"result_count": len(data)}})


async def validate(call: Call) -> Response:
    """PUT /2/webhooks/{webhook_id}: check again; passing makes it valid, a wrong answer invalid"""
    webhook = _named(call)
    result = await check(webhook.url, call.world.app.consumer_secret)
    valid = result == "passed" or (result == "unreachable" and webhook.valid)
    if webhook.id in call.world.webhooks:
        call.world.put_webhook(webhook.model_copy(update={"valid": valid, "origin": call.origin}))
    if result != "passed":
        raise _check_failed(webhook.url, result)
    return answer_json({"data": {"valid": True}})


async def delete(call: Call) -> Response:
    """DELETE /2/webhooks/{webhook_id}"""
    call.world.remove_webhook(_named(call).id)
    return answer_json({"data": {"deleted": True}})


def _allowed(url: str) -> bool:
    try:
        address = httpx.URL(url)
    except httpx.InvalidURL:
        return False
    if _is_loopback(address.host):
        return address.scheme in ("http", "https")
    return address.scheme == "https" and bool(address.host) and address.port is None


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _check_room(call: Call, url: str) -> None:
    if any(webhook.url == url for webhook in call.world.webhooks.values()):
        raise _failure("DuplicateUrlFailed", url, "a webhook is registered for this address already")
    most = _REAL_MOST if call.config.real_limits else _GENEROUS_MOST
    if len(call.world.webhooks) >= most:
        raise _failure("WebhookLimitExceeded", url, f"the app may have {most} webhooks")


def _named(call: Call) -> Webhook:
    webhook_id = path_id(call.request, "webhook_id")
    webhook = call.world.webhooks.get(webhook_id)
    if webhook is None:
        raise invalid_request(("webhook_id", str(webhook_id), "WebhookIdInvalid: there is no such webhook"))
    return webhook


def _check_failed(url: str, result: CheckResult) -> Problem:
    why = "the response_token is wrong" if result == "wrong" else "no answer, or an error"
    return _failure("CrcValidationFailed", url, why)


def _failure(name: str, url: str, why: str) -> Problem:
    return invalid_request(("url", url, f"{name}: {why}"))


def _document(webhook: Webhook, fields: tuple[str, ...]) -> dict[str, Any]:
    parts = {
        "created_at": iso(webhook.created_at),
        "id": str(webhook.id),
        "url": webhook.url,
        "valid": webhook.valid,
    }
    return {name: part for name, part in parts.items() if name in fields}


_OFTEN = (Limit(450),)
OPERATIONS = (
    Operation("POST", "/2/webhooks", create, "", APP, _OFTEN),
    Operation("GET", "/2/webhooks", listed, "", APP, _OFTEN),
    Operation("PUT", "/2/webhooks/{webhook_id}", validate, "", APP, _OFTEN),
    Operation("DELETE", "/2/webhooks/{webhook_id}", delete, "", APP, _OFTEN),
)
