"""Width and height of a picture, read from the first bytes of the file."""

import struct

PNG = b"\x89PNG\r\n\x1a\n"
# Start-of-frame markers of JPEG; the others in this range are tables.
FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}


def dimensions(body: bytes) -> tuple[int, int] | None:
    """(width, height) in pixels of a PNG or JPEG; None where `body` is neither."""
    if body.startswith(PNG) and len(body) >= 24:
        return struct.unpack(">II", body[16:24])
    if body.startswith(b"\xff\xd8"):
        return _jpeg(body)
    return None


def _jpeg(body: bytes) -> tuple[int, int] | None:
    at = 2
    while at + 9 <= len(body) and body[at] == 0xFF:
        marker = body[at + 1]
        if marker == 0xFF:
            at += 1
        elif marker in FRAMES:
            height, width = struct.unpack(">HH", body[at + 5 : at + 9])
            return width, height
        else:
            at += 2 + int.from_bytes(body[at + 2 : at + 4], "big")
    return None


def fitted(size: tuple[int, int], box: int) -> tuple[int, int]:
    """`size` scaled down to a longer side of `box` pixels; never up."""
    scale = min(1.0, box / max(size))
    return max(1, round(size[0] * scale)), max(1, round(size[1] * scale))
