"""What is promised to people: every fact of the policy, its versions, and the pages beside it."""

import re
from datetime import date, datetime, timedelta
from html import unescape

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mia_core.app import App
from mia_core.clock import ManualClock
from mia_core.statements import plain_insert
from mia_core.tables import Meter
from mia_site.policy import document, pages
from mia_site.policy.document import Version, changes, versions


@pytest.fixture
def migrated_url(one_database: str) -> str:
    """Pages that anyone may read are the same over every database."""
    return one_database


FACTS = {
    "2.1": ("id, your username and your profile picture on X", "password as a hash", "language that you prefer"),
    "2.1 times": ("When your account began", "last active"),
    "2.2": (
        "texts that you and MIA exchange",
        "the text alone",
        "not stored",
        "Direct messages and mentions on X",
    ),
    "2.2 metadata": ("when they were written", "one session"),
    "2.3": (
        "It is private",
        "Each needs your consent",
        "approval of one of our administrators",
        "emotion and trust",
    ),
    "2.3 patterns": ("interactions with her went over time", "patterns"),
    "2.4": ("IP address, hashed", "version of your browser", "your device", "logs of errors"),
    "3": ("converse with you", "improve what it does", "fraud, abuse", "no marketing", "laws and regulations"),
    "4": ("sent to its API", "as its own privacy policy says", "public profile", "synthetic voice", "MIA-Voice"),
    "5": ("bcrypt, with a salt", "tokens are encrypted", "HTTPS (TLS)", "hashed before they are stored"),
    "5 rest": ("each access is logged", "audit our security regularly", "reward who finds a weakness"),
    "6": ("while it is active", "until you delete them", "until you or we delete them", "12 months", "90 days"),
    "6 legacy": ("deleted 30 days after the deadline",),
    "7": ("Access", "Correction", "Deletion", "Portability", "Objection", "Restriction", "write to"),
    "8": ("not for anyone under 13", "do not knowingly collect", "tell us at once"),
    "9": ("United States, and to other countries", "By using the Service you agree to that", "safeguarded"),
    "10": (
        "may change this policy",
        "date of its last change",
        "goes on using the Service after a change accepts",
    ),
    "11": ("MIA AI Holdings Inc.", "30 N Gould St # 59704", "Sheridan, WY 82801", "United States", "mia.ag"),
}
"""By section of the policy."""


async def read(browser: httpx.AsyncClient, path: str) -> str:
    """A page as people read it: text alone."""
    page = await browser.get(path)
    assert page.status_code == 200
    return unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]+>", "", page.text)))


async def test_every_fact_of_the_policy_is_on_its_page(browser: httpx.AsyncClient) -> None:
    page = await read(browser, "/privacy")
    missing = [(section, fact) for section, facts in FACTS.items() for fact in facts if fact not in page]
    assert missing == []
    assert "Last updated: January 17, 2026" in page
    assert "@miaaibot" in page
    headings = re.findall(r"<h2>(\d+)\. ", (await browser.get("/privacy")).text)
    assert headings == [str(number) for number in range(1, 12)]


async def test_the_operator_s_own_details_are_filled_in(app: App, browser: httpx.AsyncClient) -> None:
    site = app.settings.site.model_copy(
        update={"company": "Tea & <b>Co</b>", "address": ("1 Main St", "Oslo"), "contact_email": "hello@mia.test"}
    )
    text = versions()[0].html(site, "mia_test")
    assert "Tea &amp; &lt;b&gt;Co&lt;/b&gt;" in text
    assert "Oslo<br" in text
    assert "hello@mia.test" in text


async def test_older_versions_stay_readable_and_say_what_changed(
    browser: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = versions()[0]
    new = Version(date(2027, 1, 1), old.source.replace("90 days", "60 days"))
    for module in (document, pages):
        monkeypatch.setattr(module, "versions", lambda: (new, old))
    listed = (await browser.get("/privacy/versions")).text
    assert "<del>| Security logs | 90 days |</del>" in listed
    assert "<ins>| Security logs | 60 days |</ins>" in listed
    assert "60 days" in await read(browser, "/privacy")
    before = await read(browser, "/privacy/versions/2026-01-17")
    assert "90 days" in before
    assert "This is an older version" in before


@pytest.mark.parametrize("day", ["2026-01-18", "yesterday", "2026-1-17", "%3Cb%3E"])
async def test_a_version_that_never_was_is_not_there(browser: httpx.AsyncClient, day: str) -> None:
    assert (await browser.get(f"/privacy/versions/{day}")).status_code == 404


@given(st.lists(st.text("ab-+ @", max_size=4)), st.lists(st.text("ab-+ @", max_size=4)))
def test_what_changed_tells_every_line_that_came_or_went(old: list[str], new: list[str]) -> None:
    told = changes("\n".join(old), "\n".join(new))
    before, after = "\n".join(old).splitlines(), "\n".join(new).splitlines()
    gone = [line.text for line in told if line.change == "removed"]
    come = [line.text for line in told if line.change == "added"]
    assert len(before) - len(gone) == len(after) - len(come)
    assert set(gone) <= set(before)
    assert set(come) <= set(after)
    assert (not gone and not come) == (before == after)


async def test_safety_says_what_she_does_and_counts_without_names(
    app: App, browser: httpx.AsyncClient, clock: ManualClock
) -> None:
    assert "It has not happened so far" in await read(browser, "/safety")
    rows = [
        {"name": "crisis.wish", "day": "2025-03-01", "count": 7},
        {"name": "crisis.wish", "day": "2025-04-01", "count": 2},
        {"name": "crisis.attempt", "day": "2026-01-01", "count": 1},
    ]
    async with app.database.writing() as connection:
        await connection.execute(plain_insert(Meter), rows)
    table = await read(browser, "/safety")
    assert re.search(r"2026 ?1 ?0 ?0 .*2025 ?0 ?0 ?9", table), table


async def test_machines_find_where_to_report_a_weakness(browser: httpx.AsyncClient, clock: ManualClock) -> None:
    answer = await browser.get("/.well-known/security.txt")
    assert answer.headers["content-type"].startswith("text/plain")
    fields = dict(line.split(": ", 1) for line in answer.text.splitlines())
    assert {"Contact", "Expires"} <= fields.keys(), "both are required (RFC 9116, 2.5)"
    left = datetime.fromisoformat(fields["Expires"]) - clock()
    assert timedelta(days=30) < left < timedelta(days=365)
    assert (await browser.get("/.well-known/gpc.json")).json()["gpc"] is True
