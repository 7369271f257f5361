"""Pages over timelines: nothing twice, nothing lost, newest first."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mia_bot.sandbox.paging import Cursor, Page, page
from mia_bot.sandbox.timeline import Timeline, Window
from tests.bot.sandbox.desk import Desk

IDS = st.sets(st.integers(0, 2**62), max_size=60)


def _timeline(ids: set[int]) -> Timeline:
    timeline = Timeline()
    for item in ids:
        timeline.add(item)
    return timeline


def _at(token: str | None) -> Cursor | None:
    return None if token is None else Cursor(int(token[1:]), older=token[0] == "n")


def _all_pages(timeline: Timeline, size: int) -> list[Page]:
    pages = [page(timeline, Window(), None, size)]
    while pages[-1].next_token:
        pages.append(page(timeline, Window(), _at(pages[-1].next_token), size))
    return pages


@given(IDS, st.integers(1, 20))
def test_any_page_size_gives_every_id_once_newest_first(ids: set[int], size: int) -> None:
    pages = _all_pages(_timeline(ids), size)
    assert [i for p in pages for i in p.ids] == sorted(ids, reverse=True)


@given(IDS, st.integers(1, 20), st.sets(st.integers(2**62 + 1, 2**62 + 50)))
def test_what_comes_in_meanwhile_neither_repeats_nor_hides(ids: set[int], size: int, later: set[int]) -> None:
    timeline = _timeline(ids)
    seen = list(page(timeline, Window(), None, size).ids)
    token = page(timeline, Window(), None, size).next_token
    for item in later:
        timeline.add(item)
    while token:
        following = page(timeline, Window(), _at(token), size)
        seen += following.ids
        token = following.next_token
    assert seen == sorted(ids, reverse=True)


@given(st.sets(st.integers(0, 10**18), min_size=1, max_size=60), st.integers(1, 20))
def test_the_way_back_meets_the_same_ids(ids: set[int], size: int) -> None:
    timeline = _timeline(ids)
    pages = _all_pages(timeline, size)
    back = [pages[-1]]
    while back[-1].previous_token and back[-1].ids:
        back.append(page(timeline, Window(), _at(back[-1].previous_token), size))
    assert {i for p in back for i in p.ids} == ids


@given(IDS, st.integers(0, 10**19), st.integers(0, 10**19), st.integers(1, 100))
def test_bounds_are_exclusive(ids: set[int], after: int, before: int, size: int) -> None:
    found = page(_timeline(ids), Window(after=after, before=before), None, size)
    assert all(after < i < before for i in found.ids)


@settings(deadline=None, max_examples=8, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(size=st.integers(5, 100))
async def test_a_client_that_follows_the_tokens_reads_every_mention_once(desk: Desk, size: int) -> None:
    bot = desk.person("miaaibot").id
    while len(desk.world.posts) < 43:
        await desk.post("amelie_roux", f"@miaaibot number {len(desk.world.posts)}")
    seen: list[str] = []
    params = {"max_results": str(size)}
    while True:
        answer = (await desk.call("GET", f"/2/users/{bot}/mentions", "miaaibot", params=params)).json()
        assert answer["meta"]["result_count"] == len(answer["data"])
        seen += [post["id"] for post in answer["data"]]
        if "next_token" not in answer["meta"]:
            break
        params["pagination_token"] = answer["meta"]["next_token"]
    assert seen == [str(i) for i in sorted(desk.world.posts, reverse=True)]


async def test_since_id_gives_only_what_is_newer(desk: Desk) -> None:
    bot = desk.person("miaaibot").id
    first = await desk.post("amelie_roux", "@miaaibot one")
    second = await desk.post("amelie_roux", "@miaaibot two")
    path = f"/2/users/{bot}/mentions"
    newer = (await desk.call("GET", path, "miaaibot", params={"since_id": first["id"]})).json()
    assert [post["id"] for post in newer["data"]] == [second["id"]]
    nothing = (await desk.call("GET", path, "miaaibot", params={"since_id": second["id"]})).json()
    assert nothing == {"meta": {"result_count": 0}}
    older = (await desk.call("GET", path, "miaaibot", params={"until_id": second["id"]})).json()
    assert [post["id"] for post in older["data"]] == [first["id"]]


@pytest.mark.parametrize(
    "params",
    [
        {"max_results": "4"},
        {"max_results": "101"},
        {"max_results": "many"},
        {"pagination_token": "made-up"},
        {"since_id": "x"},
        {"start_time": "yesterday"},
        {"tweet.fields": "nonsense"},
        {"expansions": "nonsense"},
    ],
)
async def test_a_parameter_that_x_would_not_take_is_named_in_a_400(desk: Desk, params: dict[str, str]) -> None:
    path = f"/2/users/{desk.person('miaaibot').id}/mentions"
    answer = await desk.call("GET", path, "miaaibot", params=params)
    assert answer.status_code == 400
    assert set(answer.json()["errors"][0]["parameters"]) == set(params)
