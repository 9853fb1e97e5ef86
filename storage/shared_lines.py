"""Lines behind a link: what stands in `t.me/BOT?start=…`, 64 characters of A–Z a–z 0–9 _ - at most."""

from __future__ import annotations

import base64
import binascii
import hashlib

from sqlite_utils import Database

MOST = 64
_WHOLE, _STORED = "a", "s"  # the line itself; the token of a stored one


def payload_of(db: Database, line: str) -> str:
    """What leads to the line: the line itself where it fits, else a token under which it is stored."""
    whole = _WHOLE + base64.urlsafe_b64encode(line.encode()).decode().rstrip("=")
    if len(whole) <= MOST:
        return whole
    token = base64.urlsafe_b64encode(hashlib.sha256(line.encode()).digest()).decode()[:24]
    db.conn.execute("INSERT OR IGNORE INTO shared_lines (token, line) VALUES (?, ?)", [token, line])
    return _STORED + token


def line_of(db: Database, payload: str) -> str | None:
    """The line that a payload leads to; None where it leads to none."""
    kind, text = payload[:1], payload[1:]
    if kind == _WHOLE:
        try:
            return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)).decode()
        except (binascii.Error, ValueError):
            return None
    row = db.conn.execute("SELECT line FROM shared_lines WHERE token = ?", [text]).fetchone()
    return str(row[0]) if row is not None and kind == _STORED else None
