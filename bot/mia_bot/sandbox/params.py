"""Reads a request's query and body into typed values; what X would refuse raises its 400."""

import re
from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from starlette.requests import Request

from mia_bot.sandbox.problems import invalid_request

_ID = re.compile(r"[0-9]{1,19}")
IdText = Annotated[str, Field(pattern=r"^[0-9]{1,19}$")]
"""An id as it stands in a body."""
_BodyT = TypeVar("_BodyT", bound="Body")


class Body(BaseModel):
    """A request body: frozen, and strict about its fields as X's documents are."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)


@dataclass(frozen=True)
class Query:
    """A request's query parameters."""

    request: Request

    def text(self, name: str, *, required: bool = False) -> str | None:
        """One parameter as it came."""
        value = self.request.query_params.get(name)
        if required and not value:
            raise invalid_request((name, "", f"The `{name}` query parameter can not be empty"))
        return value

    def names(self, name: str, known: Collection[str] | None = None) -> tuple[str, ...]:
        """A list split at commas; also accepts the parameter said several times."""
        sent = self.request.query_params.getlist(name)
        values = tuple(part for value in sent for part in value.split(",") if part)
        for value in values:
            if known is not None and value not in known:
                message = f"The `{name}` query parameter value [{value}] is not one of [{','.join(sorted(known))}]"
                raise invalid_request((name, value, message))
        return values

    def integer(self, name: str, *, low: int, high: int, default: int) -> int:
        """A number within bounds."""
        value = self.text(name)
        if value is None:
            return default
        if not re.fullmatch(r"-?[0-9]{1,9}", value) or not low <= int(value) <= high:
            message = f"The `{name}` query parameter value [{value}] is not between {low} and {high}"
            raise invalid_request((name, value, message))
        return int(value)

    def id(self, name: str) -> int | None:
        """An id, or None when it was not sent."""
        value = self.text(name)
        return None if value is None else parse_id(name, value)

    def ids(self, name: str) -> tuple[int, ...]:
        """Between 1 and 100 ids."""
        values = self.names(name)
        if not 1 <= len(values) <= 100:
            message = f"size must be between 1 and 100, it is {len(values)}"
            raise invalid_request((name, ",".join(values), message))
        return tuple(parse_id(name, value) for value in values)

    def moment(self, name: str) -> datetime | None:
        """An ISO 8601 time in UTC, or None when it was not sent."""
        value = self.text(name)
        if value is None:
            return None
        try:
            moment = datetime.fromisoformat(value)
        except ValueError:
            message = f"The `{name}` query parameter value [{value}] is not a valid RFC3339 date-time"
            raise invalid_request((name, value, message)) from None
        return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def parse_id(name: str, value: str) -> int:
    """An id from a path or a query; X takes up to 19 digits."""
    if not _ID.fullmatch(value):
        message = f"The `{name}` query parameter value [{value}] is not valid"
        raise invalid_request((name, value, message))
    return int(value)


def path_id(request: Request, name: str) -> int:
    """An id in the request's path."""
    return parse_id(name, str(request.path_params[name]))


async def body_of(request: Request, model: type[_BodyT]) -> _BodyT:
    """The JSON body; an empty one counts as `{}`."""
    return parse_body(await request.body(), model)


def parse_body(content: bytes, model: type[_BodyT]) -> _BodyT:
    """JSON of that shape; the values themselves are not repeated in the error."""
    try:
        return model.model_validate_json(content or b"{}")
    except ValidationError as error:
        faults = [
            ("$" + "".join(f".{part}" for part in fault["loc"]), "", fault["msg"])
            for fault in error.errors(include_input=False, include_url=False)
        ]
        raise invalid_request(*faults) from None
