"""Media: uploaded as X takes it, attached, and fetched from the sandbox."""

import base64
import struct
import zlib

from tests.bot.sandbox.desk import Desk


def png(width: int, height: int) -> bytes:
    """A real, black image."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    rows = zlib.compress((b"\0" + b"\0" * width) * height)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


async def test_an_image_uploaded_in_parts_is_attached_to_a_post_and_can_be_fetched(desk: Desk) -> None:
    image = png(7, 5)
    start = {"media_type": "image/png", "media_category": "tweet_image", "total_bytes": len(image)}
    media_id = (await desk.call("POST", "/2/media/upload/initialize", "amelie_roux", json=start)).json()["data"][
        "id"
    ]
    for index, part in enumerate((image[:20], image[20:])):
        appended = await desk.call(
            "POST",
            f"/2/media/upload/{media_id}/append",
            "amelie_roux",
            data={"segment_index": str(index)},
            files={"media": ("part", part)},
        )
        assert appended.status_code == 200, appended.text
    done = await desk.call("POST", f"/2/media/upload/{media_id}/finalize", "amelie_roux")
    assert done.json()["data"]["size"] == len(image)
    post = await desk.post("amelie_roux", "look", media={"media_ids": [media_id]})
    params = {
        "tweet.fields": "entities,display_text_range",
        "expansions": "attachments.media_keys",
        "media.fields": "url,width,height",
    }
    found = await desk.look(post["id"], **params)
    media = found["includes"]["media"][0]
    assert found["data"]["attachments"]["media_keys"] == [media["media_key"]]
    assert (media["type"], media["width"], media["height"]) == ("photo", 7, 5)
    assert found["data"]["display_text_range"] == [0, 4]
    assert found["data"]["entities"]["urls"][0]["media_key"] == media["media_key"]
    fetched = await desk.http.get(media["url"])
    assert fetched.content == image
    assert fetched.headers["content-type"] == "image/png"


async def test_an_image_in_one_request_can_be_sent_without_words(desk: Desk) -> None:
    body = {"media": base64.b64encode(png(2, 2)).decode(), "media_category": "dm_image"}
    uploaded = await desk.call("POST", "/2/media/upload", "amelie_roux", json=body)
    media_id = uploaded.json()["data"]["id"]
    path = f"/2/dm_conversations/with/{desk.person('miaaibot').id}/messages"
    sent = await desk.call("POST", path, "amelie_roux", json={"attachments": [{"media_id": media_id}]})
    assert sent.status_code == 201, sent.text
    params = {"dm_event.fields": "attachments", "expansions": "attachments.media_keys", "media.fields": "url"}
    answer = (await desk.call("GET", "/2/dm_events", "miaaibot", params=params)).json()
    assert answer["data"][0]["text"].startswith("https://t.co/")
    assert (await desk.http.get(answer["includes"]["media"][0]["url"])).content == png(2, 2)


async def test_nobody_attaches_the_file_of_somebody_else(desk: Desk) -> None:
    body = {"media": base64.b64encode(png(2, 2)).decode(), "media_category": "tweet_image"}
    uploaded = await desk.call("POST", "/2/media/upload", "amelie_roux", json=body)
    wanted = {"text": "mine?", "media": {"media_ids": [uploaded.json()["data"]["id"]]}}
    assert (await desk.call("POST", "/2/tweets", "kwame_asante", json=wanted)).status_code == 400
