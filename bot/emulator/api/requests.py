"""The parameters and files of a request: in the query, a form (URL-encoded or multipart) or a JSON body."""

import json
from typing import Any
from urllib.parse import parse_qsl

from aiohttp import BodyPartReader, web

from bot.emulator.api.errors import LOCAL, ApiError, bad_request
from bot.emulator.uploads import Sent

NOT_UTF_8 = "strings must be encoded in UTF-8"
FORM = "application/x-www-form-urlencoded"
MULTIPART = "multipart/form-data"
CHUNK_BYTES = 256 * 1024  # of a part, read at once


async def arguments(request: web.Request) -> tuple[dict[str, Any], dict[str, Sent]]:
    """The parameters as they came, and the files of a multipart form by the names of their fields.

    A parameter given twice has its last value, and the body goes before the query. Raises ApiError 400 for a body
    that cannot be read, 413 for one that is too large.
    """
    files: dict[str, Sent] = {}
    try:
        raw: dict[str, Any] = _form(request.rel_url.raw_query_string)
        if request.content_type == MULTIPART:
            await _multipart(request, raw, files)
        elif body := await request.read():
            if request.content_type == FORM:
                raw |= _form(body.decode())
            elif request.content_type == "application/json":
                raw |= _object(body)
    except UnicodeError:
        raise bad_request(NOT_UTF_8) from None
    return raw, files


def _form(text: str) -> dict[str, str]:
    return dict(parse_qsl(text, keep_blank_values=True, errors="strict")) if text else {}


def _object(body: bytes) -> dict[str, Any]:
    try:
        given = json.loads(body)
    except ValueError:
        raise bad_request(f"can't parse the body as JSON {LOCAL}") from None
    if not isinstance(given, dict):
        raise bad_request(f"object expected as body {LOCAL}")
    # JSON can escape half a surrogate pair, which is no text.
    json.dumps(given, ensure_ascii=False).encode()
    return given


async def _multipart(request: web.Request, raw: dict[str, Any], files: dict[str, Sent]) -> None:
    """Add the parts of a form: those with a file name to `files`, the others to `raw`."""
    try:
        async for part in await request.multipart():
            if not isinstance(part, BodyPartReader) or part.name is None:
                raise bad_request(f"can't parse the body as {MULTIPART} {LOCAL}")
            body = await _body(request, part)
            if part.filename:
                kind = part.headers.get("Content-Type", "application/octet-stream")
                files[part.name] = Sent(part.filename, kind, body)
            else:
                raw[part.name] = body.decode()
    except UnicodeError:
        raise
    except ValueError:
        raise bad_request(f"can't parse the body as {MULTIPART} {LOCAL}") from None


async def _body(request: web.Request, part: BodyPartReader) -> bytes:
    """The bytes of a part. `read()` asks for 8 KiB at a time, which costs a third more for a picture."""
    pieces = []
    while piece := await part.read_chunk(CHUNK_BYTES):
        if request.content.total_bytes > request.client_max_size:
            raise ApiError(413, "Request Entity Too Large")
        pieces.append(piece)
    return b"".join(pieces)
