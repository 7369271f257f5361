"""X's routes to upload media, in one request or in parts; and the address where the sandbox serves it."""

import base64
import binascii
import json
from typing import Any

from pydantic import Field
from starlette.datastructures import UploadFile
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from mia_bot.sandbox.calls import PEOPLE, Call, Operation, answer_json
from mia_bot.sandbox.image import image_size
from mia_bot.sandbox.limits import Limit
from mia_bot.sandbox.params import Body, parse_body, path_id
from mia_bot.sandbox.problems import forbidden, invalid_request, plain
from mia_bot.sandbox.records import Media, MediaKind
from mia_bot.sandbox.world import World

_EXPIRES_S = 24 * 60 * 60
_MAX_BYTES = 16 * 1024 * 1024
_SIGNATURES = (
    (b"\x89PNG", "image/png"),
    (b"\xff\xd8", "image/jpeg"),
    (b"GIF8", "image/gif"),
    (b"RIFF", "image/webp"),
    (b"BM", "image/bmp"),
)


class StartUpload(Body):
    """The body of …/initialize."""

    media_type: str = "application/octet-stream"
    media_category: str = "tweet_image"
    total_bytes: int = Field(default=0, ge=0)
    shared: bool = False
    additional_owners: tuple[str, ...] = ()


class Upload(Body):
    """A file, or a segment of one: JSON fields or the parts of a form; `content` is the file itself."""

    media: str
    segment_index: int | None = Field(default=None, ge=0, le=999)
    media_category: str = "tweet_image"
    media_type: str | None = None
    additional_owners: Any = None
    shared: bool | None = None
    content: bytes = Field(default=b"", exclude=True)


async def initialize(call: Call) -> Response:
    """POST /2/media/upload/initialize"""
    wanted = parse_body(await call.request.body(), StartUpload)
    media = Media(
        id=call.world.next_id(),
        owner_id=call.person.id,
        kind=_kind(wanted.media_category, wanted.media_type),
        content_type=wanted.media_type,
    )
    call.world.put_media(media)
    data = {"id": str(media.id), "media_key": media.key, "expires_after_secs": _EXPIRES_S}
    return answer_json({"data": data, "meta": {}})


async def append(call: Call) -> Response:
    """POST /2/media/upload/{id}/append"""
    media = _own(call)
    part = await _upload(call.request)
    if part.segment_index is None:
        raise invalid_request(("segment_index", "", "segment_index is required"))
    segments = {**dict(media.segments), part.segment_index: part.content}
    if sum(len(content) for content in segments.values()) > _MAX_BYTES:
        raise invalid_request(("media", "", "The file is too large."))
    call.world.put_media(media.model_copy(update={"segments": tuple(sorted(segments.items()))}))
    expires_at = int(call.now.timestamp()) + _EXPIRES_S
    return answer_json({"data": {"expires_at": expires_at}, "meta": {}})


async def finalize(call: Call) -> Response:
    """POST /2/media/upload/{id}/finalize"""
    media = _own(call)
    content = b"".join(part for _, part in media.segments)
    if not content:
        raise invalid_request(("id", str(media.id), "No content was uploaded"))
    return _finished(call, _complete(media, content))


async def simple(call: Call) -> Response:
    """POST /2/media/upload: a whole file in one request"""
    whole = await _upload(call.request)
    content_type = whole.media_type or _content_type(whole.content)
    kind = _kind(whole.media_category, content_type)
    media = Media(id=call.world.next_id(), owner_id=call.person.id, kind=kind, content_type=content_type)
    return _finished(call, _complete(media, whole.content))


async def status(call: Call) -> Response:
    """GET /2/media/upload: nothing is processed later, so whatever is complete has succeeded"""
    wanted = call.query.id("media_id")
    media = call.world.media.get(wanted or 0)
    if media is None or media.owner_id != call.person.id:
        raise invalid_request(("media_id", str(wanted), "The media id is not valid"))
    return answer_json({"data": _uploaded(media), "meta": {}})


async def serve(request: Request) -> Response:
    """GET /sandbox/media/{id}: the file itself, to whoever has its address, as X's image servers do"""
    world: World = request.app.state.world
    media = world.media.get(path_id(request, "id"))
    if media is None or not media.complete:
        return plain(404, "Not Found", "Not Found").response()
    # A file is what its uploader says it is; it must not become a page of the sandbox's origin.
    headers = {"x-content-type-options": "nosniff", "content-security-policy": "sandbox; default-src 'none'"}
    return Response(media.content, media_type=media.content_type, headers=headers)


def _own(call: Call) -> Media:
    media = call.world.media.get(path_id(call.request, "id"))
    if media is None or media.complete:
        raise invalid_request(("id", str(call.request.path_params["id"]), "The media id is not valid"))
    if media.owner_id != call.person.id:
        raise forbidden("This upload belongs to somebody else.")
    return media


async def _upload(request: Request) -> Upload:
    """The parts of a form, or a JSON body whose `media` is base64, as X takes both."""
    if request.headers.get("content-type", "").startswith("multipart/form-data"):
        async with request.form(max_part_size=_MAX_BYTES) as form:
            fields = {name: value for name, value in form.items() if isinstance(value, str)}
            file = form.get("media")
            content = await file.read() if isinstance(file, UploadFile) else _decoded(fields.get("media", ""))
        upload = parse_body(json.dumps({**fields, "media": ""}).encode(), Upload)
    else:
        upload = parse_body(await request.body(), Upload)
        content = _decoded(upload.media)
    if not content or len(content) > _MAX_BYTES:
        raise invalid_request(("media", "", "The file is empty or too large."))
    return upload.model_copy(update={"content": content})


def _decoded(encoded: str) -> bytes:
    try:
        return base64.b64decode(encoded, validate=True)
    except (binascii.Error, ValueError):
        raise invalid_request(("media", "", "media is not valid base64")) from None


def _complete(media: Media, content: bytes) -> Media:
    width, height = image_size(content)
    done = {"content": content, "segments": (), "complete": True, "width": width, "height": height}
    return media.model_copy(update=done)


def _finished(call: Call, media: Media) -> Response:
    call.world.put_media(media)
    return answer_json({"data": _uploaded(media), "meta": {}})


def _uploaded(media: Media) -> dict[str, Any]:
    data: dict[str, Any] = {
        "id": str(media.id),
        "media_key": media.key,
        "size": len(media.content),
        "expires_after_secs": _EXPIRES_S,
    }
    if media.kind == "video":
        data["processing_info"] = {"state": "succeeded" if media.complete else "pending", "progress_percent": 100}
    return data


def _kind(category: str, content_type: str) -> MediaKind:
    if category.endswith("_gif") or content_type == "image/gif":
        return "animated_gif"
    return "video" if category.endswith("_video") or content_type.startswith("video/") else "photo"


def _content_type(content: bytes) -> str:
    return next((kind for start, kind in _SIGNATURES if content.startswith(start)), "application/octet-stream")


_SCOPES = "media.write"
_LIMITS = (Limit(500),)
OPERATIONS = (
    Operation("POST", "/2/media/upload/initialize", initialize, _SCOPES, PEOPLE, _LIMITS),
    Operation("POST", "/2/media/upload/{id}/append", append, _SCOPES, PEOPLE, _LIMITS),
    Operation("POST", "/2/media/upload/{id}/finalize", finalize, _SCOPES, PEOPLE, _LIMITS),
    Operation("POST", "/2/media/upload", simple, _SCOPES, PEOPLE, _LIMITS),
    Operation("GET", "/2/media/upload", status, _SCOPES, PEOPLE, _LIMITS),
)
FILES = Route("/sandbox/media/{id}", serve)
