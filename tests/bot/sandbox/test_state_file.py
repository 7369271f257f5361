"""The state outlives the server."""

import json
import time
from pathlib import Path

import pytest

from mia_bot.sandbox.app import SandboxConfig, create_app
from mia_core.clock import system_clock
from tests.bot.sandbox.serving import sandbox_server


def test_everything_is_there_after_a_restart(tmp_path: Path) -> None:
    config = SandboxConfig(state_file=tmp_path / "data" / "sandbox.json")
    with sandbox_server(config) as first, first.client() as amelie, first.client(None) as app:
        token, bot = first.token(), first.person("miaaibot").id
        post = amelie.post("/2/tweets", json={"text": "@miaaibot remember this"}).json()["data"]
        amelie.post(f"/2/dm_conversations/with/{bot}/messages", json={"text": "and this"})
        app.post("/2/tweets/search/stream/rules", json={"add": [{"value": "@miaaibot"}]})
        media = {"media": "iVBORw0KGgo=", "media_category": "tweet_image"}
        media_id = amelie.post("/2/media/upload", json=media).json()["data"]["id"]
    with sandbox_server(config) as second, second.client("miaaibot") as mia, second.client(None) as app:
        assert second.token() == token
        assert mia.get(f"/2/users/{bot}/mentions").json()["data"][0]["id"] == post["id"]
        assert mia.get("/2/dm_events").json()["data"][0]["text"] == "and this"
        assert len(app.get("/2/tweets/search/stream/rules").json()["data"]) == 1
        assert mia.get(f"/sandbox/media/{media_id}").content == b"\x89PNG\r\n\x1a\n"
        later = mia.post("/2/tweets", json={"text": "new"}).json()["data"]
        assert int(later["id"]) > int(media_id) > int(post["id"])


def test_a_change_reaches_the_file_while_the_server_runs(tmp_path: Path) -> None:
    path = tmp_path / "sandbox.json"
    with sandbox_server(SandboxConfig(state_file=path)) as served, served.client() as amelie:
        amelie.post("/2/tweets", json={"text": "safe by now"})
        deadline = time.monotonic() + 10
        while not path.exists() and time.monotonic() < deadline:
            time.sleep(0.02)
        assert json.loads(path.read_text(encoding="utf-8"))["posts"][0]["body"] == "safe by now"
    assert [file.name for file in tmp_path.iterdir()] == ["sandbox.json"]
    assert path.stat().st_mode & 0o077 == 0


def test_a_file_of_another_shape_is_named_and_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "sandbox.json"
    path.write_text('{"something": "else"}', encoding="utf-8")
    with pytest.raises(ValueError, match=r"sandbox\.json is not a state file"):
        create_app(SandboxConfig(state_file=path), clock=system_clock)
    assert path.read_text(encoding="utf-8") == '{"something": "else"}'
