"""X's filtered stream: its rules, and the connection that pushes each matching post at once."""

import json
from collections.abc import AsyncIterator, Iterable
from datetime import timedelta
from typing import Any

from starlette.responses import Response, StreamingResponse

from mia_bot.sandbox import search
from mia_bot.sandbox.calls import APP, Call, Operation, answer_json
from mia_bot.sandbox.documents import one, posts_document
from mia_bot.sandbox.faults.streams import spoiled
from mia_bot.sandbox.fields import Projector, iso
from mia_bot.sandbox.limits import Limit
from mia_bot.sandbox.lines import KEEP_ALIVE, changes_and_silences, counted
from mia_bot.sandbox.params import Body, body_of
from mia_bot.sandbox.problems import Problem, invalid_request, too_many_connections
from mia_bot.sandbox.records import Post, Rule
from mia_bot.sandbox.snowflake import first_id_at
from mia_bot.sandbox.timeline import Window
from mia_bot.sandbox.world import World

_REAL_CONNECTIONS = 1
_GENEROUS_CONNECTIONS = 50


class NewRule(Body):
    """A rule as a client adds it."""

    value: str
    tag: str | None = None


class OldRules(Body):
    """Rules as a client names them to be deleted."""

    ids: tuple[str, ...] = ()
    values: tuple[str, ...] = ()


class ChangeRules(Body):
    """The body of POST …/rules: either adds or deletes."""

    add: tuple[NewRule, ...] | None = None
    delete: OldRules | None = None


async def list_rules(call: Call) -> Response:
    """GET /2/tweets/search/stream/rules"""
    wanted = {int(i) for i in call.query.names("ids") if i.isdecimal()}
    rules = [rule for rule in call.world.rules.values() if not wanted or rule.id in wanted]
    meta = {"sent": iso(call.now), "result_count": len(rules)}
    return answer_json({"data": [_rule(rule) for rule in rules], "meta": meta} if rules else {"meta": meta})


async def change_rules(call: Call) -> Response:
    """POST /2/tweets/search/stream/rules"""
    change = await body_of(call.request, ChangeRules)
    dry_run = call.query.text("dry_run") == "true"
    if change.add is not None:
        return _add(call, change.add, dry_run=dry_run)
    if change.delete is not None:
        return _delete(call, change.delete, dry_run=dry_run)
    if call.query.text("delete_all") == "true":
        return _delete(call, OldRules(ids=tuple(str(i) for i in call.world.rules)), dry_run=dry_run)
    raise invalid_request(("$", "", "Either add or delete is required"))


def _add(call: Call, rules: Iterable[NewRule], *, dry_run: bool) -> Response:
    added, errors, invalid = [], [], 0
    for rule in rules:
        twin = next((r for r in call.world.rules.values() if r.value == rule.value and r.tag == rule.tag), None)
        if twin is not None:
            errors.append(_fault("duplicate-rules", "DuplicateRule", rule.value, str(twin.id)))
            continue
        try:
            search.parse(rule.value, "value")
        except Problem:
            invalid += 1
            errors.append(_fault("invalid-rules", "UnprocessableEntity", rule.value, ""))
            continue
        new = Rule(id=call.world.next_id(), value=rule.value, tag=rule.tag)
        added.append(new)
        if not dry_run:
            call.world.put_rule(new)
    summary = {
        "created": len(added),
        "not_created": len(errors),
        "valid": len(added) + len(errors) - invalid,
        "invalid": invalid,
    }
    parts = {"data": [_rule(rule) for rule in added], "errors": errors}
    document = {name: part for name, part in parts.items() if part}
    return answer_json({**document, "meta": {"sent": iso(call.now), "summary": summary}})


def _delete(call: Call, old: OldRules, *, dry_run: bool) -> Response:
    doomed = [r.id for r in call.world.rules.values() if str(r.id) in old.ids or r.value in old.values]
    missing = len(old.ids) + len(old.values) - len(doomed)
    if not dry_run:
        for rule_id in doomed:
            call.world.remove_rule(rule_id)
    summary = {"deleted": len(doomed), "not_deleted": max(0, missing)}
    return answer_json({"meta": {"sent": iso(call.now), "summary": summary}})


def _fault(kind: str, title: str, value: str, rule_id: str) -> dict[str, Any]:
    return {
        "title": title,
        "detail": f"The rule was not created: {title}",
        "type": f"https://api.x.com/2/problems/{kind}",
        "value": value,
        "id": rule_id,
    }


def _rule(rule: Rule) -> dict[str, str]:
    parts = {"id": str(rule.id), "value": rule.value, "tag": rule.tag}
    return {name: part for name, part in parts.items() if part is not None}


async def connect(call: Call) -> Response:
    """GET /2/tweets/search/stream: one JSON document a line, and an empty line in a silence."""
    allowed = _REAL_CONNECTIONS if call.config.real_limits else _GENEROUS_CONNECTIONS
    connections: set[object] = call.request.app.state.streams
    if len(connections) >= allowed:
        raise too_many_connections()
    backfill = call.query.integer("backfill_minutes", low=0, high=5, default=0)
    missed = Window(after=first_id_at(call.now - timedelta(minutes=backfill)) - 1) if backfill else None
    lines = _lines(call.world, call.projector(), call.config.keep_alive_s, missed)
    lines = spoiled(lines, call.request.app.state.dice)
    return StreamingResponse(counted(lines, connections), media_type="application/json")


async def _lines(
    world: World, projector: Projector, keep_alive_s: float, missed: Window | None
) -> AsyncIterator[bytes]:
    with world.hub.subscription() as changes:
        yield KEEP_ALIVE
        for post_id in world.timeline.ascending(missed) if missed else ():
            if line := _line(world, projector, world.posts[post_id]):
                yield line
        async for change in changes_and_silences(changes, keep_alive_s):
            post = world.posts.get(change.id) if change is not None and change.kind == "post" else None
            if change is None:
                yield KEEP_ALIVE
            elif post is not None and (line := _line(world, projector, post)):
                yield line


def _line(world: World, projector: Projector, post: Post) -> bytes | None:
    matching = [rule for rule in world.rules.values() if search.parse(rule.value, "value").matches(post, world)]
    if not matching:
        return None
    document = one(posts_document(projector, [post]))
    rules = [{"id": str(rule.id), **({"tag": rule.tag} if rule.tag else {})} for rule in matching]
    return json.dumps({**document, "matching_rules": rules}, ensure_ascii=False).encode() + b"\r\n"


OPERATIONS = (
    Operation("GET", "/2/tweets/search/stream", connect, "", APP, (Limit(50),)),
    Operation("GET", "/2/tweets/search/stream/rules", list_rules, "", APP, (Limit(450),)),
    Operation("POST", "/2/tweets/search/stream/rules", change_rules, "", APP, (Limit(100),)),
)
