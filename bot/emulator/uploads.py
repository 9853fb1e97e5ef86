"""Files sent by the bot: each keeps a file_id by which it is sent again and downloaded.

The same bytes have the same file_unique_id. A photo is answered in several sizes, as at Telegram; every size
downloads as the file that was sent.
"""

import base64
import hashlib
import io
from collections import OrderedDict
from dataclasses import dataclass
from typing import Any

from PIL import Image

from bot.emulator.api.errors import LOCAL, ApiError, bad_request

KEPT_BYTES = 256 * 2**20
PHOTO_BYTES = 10 * 2**20
DOCUMENT_BYTES = 50 * 2**20
DOWNLOAD_BYTES = 20 * 2**20
SIDES = 10_000
RATIO = 20
# Longer sides of the sizes that Telegram makes of a photo.
BOXES = (90, 320, 800, 1280)
WRONG = "wrong file identifier/HTTP URL specified"


@dataclass(frozen=True, slots=True)
class Sent:
    """A file as it came over HTTP."""

    name: str
    content_type: str
    body: bytes


@dataclass(frozen=True, slots=True)
class Upload:
    """A stored file: `kind` is "photo" or "document", `path` its place under /file/bot<token>/."""

    kind: str
    path: str
    name: str
    content_type: str
    body: bytes
    described: list[dict[str, Any]]


class Uploads:
    """Files by file_id and by path; beyond KEPT_BYTES the oldest go."""

    def __init__(self) -> None:
        self.by_id: dict[str, Upload] = {}
        self.by_path: OrderedDict[str, Upload] = OrderedDict()
        self.bytes = 0
        self._count = 0

    def find(self, kind: str, value: str) -> Upload:
        """The file of a file_id; ApiError 400 where there is none, where it is of another kind, or for an address."""
        if value.startswith(("http://", "https://")):
            raise bad_request(f"failed to get HTTP URL content {LOCAL}")
        upload = self.by_id.get(value)
        if upload is None:
            raise bad_request(WRONG)
        if upload.kind != kind:
            raise bad_request(f"can't use file of type {upload.kind.title()} as {kind.title()}")
        return upload

    def add(self, kind: str, sent: Sent) -> Upload:
        """Store a file; ApiError 400 where Telegram would refuse it."""
        if not sent.body:
            raise bad_request("file must be non-empty")
        size = _photo_size(sent.body) if kind == "photo" else None
        if len(sent.body) > DOCUMENT_BYTES:
            raise ApiError(413, "Request Entity Too Large")
        digest = hashlib.sha256(kind.encode() + sent.body).digest()
        suffix = sent.name.rpartition(".")[2].lower() if "." in sent.name else ""
        suffix = (
            "png" if kind == "photo" and sent.body[:1] == b"\x89" else "jpg" if kind == "photo" else suffix or "bin"
        )
        path = f"{kind}s/file_{self._count}.{suffix if suffix.isalnum() else 'bin'}"
        self._count += 1
        described = _sizes(digest, size, len(sent.body)) if size else [_document(digest, sent)]
        upload = Upload(kind, path, sent.name, sent.content_type, sent.body, described)
        for file in described:
            known = self.by_id.get(file["file_id"])
            if known is not None:
                return known
            self.by_id[file["file_id"]] = upload
        self.by_path[path] = upload
        self.bytes += len(sent.body)
        while self.bytes > KEPT_BYTES and len(self.by_path) > 1:
            self._forget(self.by_path.popitem(last=False)[1])
        return upload

    def restore(self, upload: Upload) -> None:
        """Take a file of a former process back, under the ids it had."""
        self.by_id |= {file["file_id"]: upload for file in upload.described}
        self.by_path[upload.path] = upload
        self.bytes += len(upload.body)
        self._count += 1

    def _forget(self, upload: Upload) -> None:
        self.bytes -= len(upload.body)
        for file in upload.described:
            self.by_id.pop(file["file_id"], None)


def _photo_size(body: bytes) -> tuple[int, int]:
    """(width, height) in pixels of a PNG or JPEG; ApiError 400 where Telegram would refuse the picture."""
    try:
        with Image.open(io.BytesIO(body), formats=("PNG", "JPEG")) as picture:  # reads the head only
            size = picture.size
    except (OSError, Image.DecompressionBombError):
        size = None
    if len(body) > PHOTO_BYTES:
        raise bad_request("file is too big")
    if size is None:
        raise bad_request("IMAGE_PROCESS_FAILED")
    if 0 in size or sum(size) > SIDES or max(size) > RATIO * min(size):
        raise bad_request("PHOTO_INVALID_DIMENSIONS")
    return size


def _fitted(size: tuple[int, int], box: int) -> tuple[int, int]:
    """`size` scaled down to a longer side of `box` pixels; never up."""
    scale = min(1.0, box / max(size))
    return max(1, round(size[0] * scale)), max(1, round(size[1] * scale))


def _identifier(digest: bytes, mark: str) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(digest + mark.encode()).digest()).decode().rstrip("=")


def _ids(digest: bytes, mark: str) -> dict[str, Any]:
    start = "AgAC" if mark != "document" else "BQAC"
    return {
        "file_id": f"{start}AgIAAxkBAAI{_identifier(digest, mark)}",
        "file_unique_id": f"AQAD{_identifier(digest, 'unique' + mark)[:12]}",
    }


def _sizes(digest: bytes, size: tuple[int, int], length: int) -> list[dict[str, Any]]:
    boxes = [box for box in BOXES if box < max(size)]
    boxes += [next((box for box in BOXES if box >= max(size)), BOXES[-1])]
    sizes = []
    for box in dict.fromkeys(boxes):
        width, height = _fitted(size, box)
        share = width * height / (size[0] * size[1])
        file_size = max(1, min(length, round(length * share)))
        sizes.append(_ids(digest, f"photo{box}") | {"file_size": file_size, "width": width, "height": height})
    return sizes


def _document(digest: bytes, sent: Sent) -> dict[str, Any]:
    # The name is part of the identity: the same bytes under another name show another name.
    named = hashlib.sha256(digest + sent.name.encode()).digest()
    return {
        "file_name": sent.name,
        "mime_type": sent.content_type,
        **_ids(named, "document"),
        "file_size": len(sent.body),
    }
