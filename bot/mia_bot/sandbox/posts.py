"""X's routes about posts: lookup, search, timelines, create and delete."""

from datetime import timedelta

from starlette.responses import Response

from mia_bot.sandbox import search
from mia_bot.sandbox.calls import ANYONE, PEOPLE, Call, Operation, answer_json
from mia_bot.sandbox.documents import one, posts_document, with_errors
from mia_bot.sandbox.fields import shown
from mia_bot.sandbox.limits import DAY_S, Limit
from mia_bot.sandbox.paging import Page, cursor, page, window
from mia_bot.sandbox.params import body_of, path_id
from mia_bot.sandbox.problems import forbidden, invalid_request, not_found
from mia_bot.sandbox.publish import CreatePost, publish
from mia_bot.sandbox.timeline import Timeline

_READ = "tweet.read users.read"
_WRITE = "tweet.read tweet.write users.read"
_SEARCH_HISTORY = timedelta(days=7)
_MENTIONS_REACH = 800
_POSTS_REACH = 3200


async def create(call: Call) -> Response:
    """POST /2/tweets"""
    wanted = await body_of(call.request, CreatePost)
    post = publish(call.world, call.person, wanted, as_bot=call.is_bot())
    data = {
        "id": str(post.id),
        "text": shown(post, call.person).text,
        "edit_history_tweet_ids": [str(post.id)],
        "edit_history_post_ids": [str(post.id)],
    }
    return answer_json({"data": data}, 201)


async def delete(call: Call) -> Response:
    """DELETE /2/tweets/{id}: a post that is gone already counts as deleted."""
    post = call.world.posts.get(path_id(call.request, "id"))
    if post is not None:
        if post.author_id != call.person.id:
            raise forbidden("You are not authorized to delete this Tweet.")
        call.world.remove_post(post.id)
    return answer_json({"data": {"deleted": True}})


async def by_ids(call: Call) -> Response:
    """GET /2/tweets"""
    ids = call.query.ids("ids")
    found = [call.world.posts[i] for i in dict.fromkeys(ids) if i in call.world.posts]
    missing = [not_found("tweet", "ids", i) for i in dict.fromkeys(ids) if i not in call.world.posts]
    return answer_json(with_errors(posts_document(call.projector(), found), missing))


async def by_id(call: Call) -> Response:
    """GET /2/tweets/{id}"""
    post_id = path_id(call.request, "id")
    post = call.world.posts.get(post_id)
    if post is None:
        return answer_json({"errors": [not_found("tweet", "id", post_id)]})
    return answer_json(one(posts_document(call.projector(), [post])))


async def recent(call: Call) -> Response:
    """GET /2/tweets/search/recent"""
    text = call.query.text("query", required=True) or ""
    matcher = search.parse(text, "query")
    size = call.query.integer("max_results", low=10, high=100, default=10)
    found = page(
        search.candidates(matcher, call.world),
        window(call.query, now=call.now, history=_SEARCH_HISTORY),
        cursor(call.query, "next_token", "pagination_token"),
        size,
        keep=lambda post_id: matcher.matches(call.world.posts[post_id], call.world),
    )
    return _listed(call, found, previous=False)


async def mentions(call: Call) -> Response:
    """GET /2/users/{id}/mentions"""
    return _timeline(call, call.world.posts_mentioning[_person_id(call)], _MENTIONS_REACH, frozenset())


async def written(call: Call) -> Response:
    """GET /2/users/{id}/tweets"""
    exclude = frozenset(call.query.names("exclude", ("replies", "retweets")))
    return _timeline(call, call.world.posts_by_author[_person_id(call)], _POSTS_REACH, exclude)


def _person_id(call: Call) -> int:
    person_id = path_id(call.request, "id")
    if person_id not in call.world.people:
        message = f"Could not find user with id: [{person_id}]."
        raise invalid_request(("id", str(person_id), message))
    return person_id


def _timeline(call: Call, timeline: Timeline, reach: int, exclude: frozenset[str]) -> Response:
    found = page(
        timeline,
        window(call.query, now=call.now),
        cursor(call.query, "pagination_token"),
        call.query.integer("max_results", low=5, high=100, default=10),
        keep=lambda post_id: "replies" not in exclude or call.world.posts[post_id].replied_to is None,
        reach=reach,
    )
    return _listed(call, found, previous=True)


def _listed(call: Call, found: Page, *, previous: bool) -> Response:
    document = posts_document(call.projector(), [call.world.posts[post_id] for post_id in found.ids])
    meta = found.meta(extent=True)
    if not previous:
        meta.pop("previous_token", None)
    return answer_json({**document, "meta": meta})


OPERATIONS = (
    Operation("POST", "/2/tweets", create, _WRITE, PEOPLE, (Limit(100), Limit(10_000, DAY_S))),
    Operation("DELETE", "/2/tweets/{id}", delete, _WRITE, PEOPLE, (Limit(50),)),
    Operation("GET", "/2/tweets", by_ids, _READ, ANYONE, (Limit(5000),)),
    Operation("GET", "/2/tweets/search/recent", recent, _READ, ANYONE, (Limit(300),)),
    Operation("GET", "/2/tweets/{id}", by_id, _READ, ANYONE, (Limit(900),)),
    Operation("GET", "/2/users/{id}/mentions", mentions, _READ, ANYONE, (Limit(300),)),
    Operation("GET", "/2/users/{id}/tweets", written, _READ, ANYONE, (Limit(900),)),
)
