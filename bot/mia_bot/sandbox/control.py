"""The sandbox's own routes: its people with their tokens, and word of every change."""

import json
from collections.abc import AsyncIterator

from pydantic import Field
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from mia_bot.sandbox.config import SandboxConfig
from mia_bot.sandbox.params import Body, body_of
from mia_bot.sandbox.problems import Problem, invalid_request
from mia_bot.sandbox.records import Person
from mia_bot.sandbox.seed import new_person
from mia_bot.sandbox.world import World


class AddPerson(Body):
    """The body of POST /sandbox/people."""

    username: str = Field(pattern=r"^[A-Za-z0-9_]{1,15}$")
    name: str = Field(default="", max_length=50)
    description: str = Field(default="", max_length=160)
    premium: bool = False


async def people(request: Request) -> Response:
    """GET /sandbox/people: everyone with tokens, and the app's own keys"""
    world: World = request.app.state.world
    config: SandboxConfig = request.app.state.config
    client = config.clients[0] if config.clients else None
    app = {
        "bearer_token": world.app.bearer_token.get_secret_value(),
        "consumer_key": world.app.consumer_key.get_secret_value(),
        "consumer_secret": world.app.consumer_secret.get_secret_value(),
        "client_id": client.client_id if client else None,
        "client_secret": client.client_secret.get_secret_value() if client and client.client_secret else None,
    }
    return JSONResponse({"people": [_described(person) for person in world.people.values()], "app": app})


async def add_person(request: Request) -> Response:
    """POST /sandbox/people"""
    world: World = request.app.state.world
    try:
        wanted = await body_of(request, AddPerson)
        if world.person_named(wanted.username):
            raise invalid_request(("username", wanted.username, "This username is taken"))
    except Problem as problem:
        return problem.response()
    person = new_person(
        world.next_id(),
        wanted.username,
        wanted.name or wanted.username,
        created_at=world.now,
        description=wanted.description,
        premium=wanted.premium,
    )
    world.put_person(person)
    return JSONResponse(_described(person), status_code=201)


async def events(request: Request) -> Response:
    """GET /sandbox/events: server-sent events that name what changed, for pages to look again"""
    lines = _events(request.app.state.world, request.app.state.config.keep_alive_s)
    return StreamingResponse(lines, media_type="text/event-stream", headers={"cache-control": "no-store"})


async def _events(world: World, keep_alive_s: float) -> AsyncIterator[str]:
    with world.hub.subscription() as changes:
        yield ": connected\n\n"
        while True:
            try:
                change = await changes.next(keep_alive_s)
            except TimeoutError:
                yield ": still here\n\n"
                continue
            if change is None:
                return
            yield f"event: {change.kind}\ndata: {json.dumps({'id': str(change.id)})}\n\n"


def _described(person: Person) -> dict[str, object]:
    return {
        "id": str(person.id),
        "username": person.username,
        "name": person.name,
        "bearer_token": person.bearer_token.get_secret_value(),
        "oauth1_token": person.oauth1_token.get_secret_value(),
        "oauth1_token_secret": person.oauth1_secret.get_secret_value(),
    }


ROUTES = (
    Route("/sandbox/people", people, methods=["GET"]),
    Route("/sandbox/people", add_person, methods=["POST"]),
    Route("/sandbox/events", events),
)
