"""X's error answers: problem+json documents, and the partial errors that stand beside data."""

from collections.abc import Mapping
from typing import Any

from starlette.responses import JSONResponse

_TYPES = "https://api.x.com/2/problems/"


class ProblemResponse(JSONResponse):
    """A JSON answer of the problem media type."""

    media_type = "application/problem+json"


class Problem(Exception):
    """Raise to end a request with X's error document; `body` becomes the JSON."""

    def __init__(self, status: int, body: Mapping[str, Any]) -> None:
        super().__init__(body.get("title", status))
        self.status = status
        self.body = dict(body)

    def response(self) -> ProblemResponse:
        """The answer as it goes out."""
        return ProblemResponse(self.body, status_code=self.status)


def plain(status: int, title: str, detail: str) -> Problem:
    """An error without a type of its own, as X sends for most refusals."""
    return Problem(status, {"title": title, "detail": detail, "type": "about:blank", "status": status})


def unauthorized() -> Problem:
    """No token, or one that is not known."""
    return plain(401, "Unauthorized", "Unauthorized")


def forbidden(detail: str) -> Problem:
    """Known, but not allowed; X tells why in the detail alone."""
    return plain(403, "Forbidden", detail)


def unsupported_authentication(used: str, supported: str) -> Problem:
    """The route takes another kind of token."""
    detail = (
        f"Authenticating with {used} is forbidden for this endpoint.  "
        f"Supported authentication types are [{supported}]."
    )
    return Problem(
        403,
        {
            "title": "Unsupported Authentication",
            "detail": detail,
            "type": _TYPES + "unsupported-authentication",
            "status": 403,
        },
    )


def invalid_request(*faults: tuple[str, str, str]) -> Problem:
    """A request that X does not understand; each fault is (parameter, value as sent, message)."""
    errors = [{"parameters": {name: [value]}, "message": message} for name, value, message in faults]
    return Problem(
        400,
        {
            "errors": errors,
            "title": "Invalid Request",
            "detail": "One or more parameters to your request was invalid.",
            "type": _TYPES + "invalid-request",
        },
    )


def not_found(resource_type: str, parameter: str, value: object) -> dict[str, Any]:
    """The partial error for something that is not there (never was, or is deleted)."""
    return {
        "value": str(value),
        "detail": f"Could not find {resource_type} with {parameter}: [{value}].",
        "title": "Not Found Error",
        "resource_type": resource_type,
        "parameter": parameter,
        "resource_id": str(value),
        "type": _TYPES + "resource-not-found",
    }


def too_many_connections() -> Problem:
    """The app holds as many streams as it may."""
    return Problem(
        429,
        {
            "title": "ConnectionException",
            "detail": "This stream is currently at the maximum allowed connection limit.",
            "connection_issue": "TooManyConnections",
            "type": _TYPES + "streaming-connection",
        },
    )
