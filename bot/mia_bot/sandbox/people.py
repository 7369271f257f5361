"""X's routes about users: me, by id, by name."""

import re

from starlette.responses import Response

from mia_bot.sandbox.calls import ANYONE, PEOPLE, Call, Operation, answer_json
from mia_bot.sandbox.documents import one, users_document, with_errors
from mia_bot.sandbox.limits import Limit
from mia_bot.sandbox.params import path_id
from mia_bot.sandbox.problems import invalid_request, not_found
from mia_bot.sandbox.records import Person

_USERNAME = re.compile(r"[A-Za-z0-9_]{1,15}")
_SCOPES = "users.read tweet.read"


async def me(call: Call) -> Response:
    """GET /2/users/me"""
    return answer_json(one(users_document(call.projector(), [call.person])))


async def by_ids(call: Call) -> Response:
    """GET /2/users"""
    return _several(call, "ids", {str(i): call.world.people.get(i) for i in call.query.ids("ids")})


async def by_usernames(call: Call) -> Response:
    """GET /2/users/by"""
    names = call.query.names("usernames")
    if not 1 <= len(names) <= 100:
        raise invalid_request(
            ("usernames", ",".join(names), f"size must be between 1 and 100, it is {len(names)}")
        )
    return _several(call, "usernames", {n: call.world.person_named(_username("usernames", n)) for n in names})


async def by_id(call: Call) -> Response:
    """GET /2/users/{id}"""
    person_id = path_id(call.request, "id")
    return _single(call, "id", str(person_id), call.world.people.get(person_id))


async def by_username(call: Call) -> Response:
    """GET /2/users/by/username/{username}"""
    name = _username("username", str(call.request.path_params["username"]))
    return _single(call, "username", name, call.world.person_named(name))


def _several(call: Call, parameter: str, found: dict[str, Person | None]) -> Response:
    document = users_document(call.projector(), [person for person in found.values() if person])
    missing = [not_found("user", parameter, key) for key, person in found.items() if person is None]
    return answer_json(with_errors(document, missing))


def _single(call: Call, parameter: str, key: str, person: Person | None) -> Response:
    if person is None:
        return answer_json({"errors": [not_found("user", parameter, key)]})
    return answer_json(one(users_document(call.projector(), [person])))


def _username(parameter: str, value: str) -> str:
    if not _USERNAME.fullmatch(value):
        message = f"The `{parameter}` query parameter value [{value}] does not match ^[A-Za-z0-9_]{{1,15}}$"
        raise invalid_request((parameter, value, message))
    return value


OPERATIONS = (
    Operation("GET", "/2/users/me", me, _SCOPES, PEOPLE, (Limit(75),)),
    Operation("GET", "/2/users", by_ids, _SCOPES, ANYONE, (Limit(900),)),
    Operation("GET", "/2/users/by", by_usernames, _SCOPES, ANYONE, (Limit(900),)),
    Operation("GET", "/2/users/by/username/{username}", by_username, _SCOPES, ANYONE, (Limit(900),)),
    Operation("GET", "/2/users/{id}", by_id, _SCOPES, ANYONE, (Limit(900),)),
)
