"""Addresses in messages and buttons, as Telegram accepts and completes them."""

import re
from urllib.parse import urlsplit

USER = re.compile(r"tg:(?://)?user\?(?:.*&)?id=(\d+)", re.IGNORECASE)
SCHEMES = ("http", "https", "tg", "ton", "tonsite")


def mentioned_user(url: str) -> int | None:
    """The id in tg://user?id=ID."""
    found = USER.match(url)
    return int(found[1]) if found else None


def checked_link(url: str) -> str:
    """The address with its scheme ("http" unless given) and at least the path "/"; "" where it is none."""
    link, _ = _checked(url)
    return link


def link_fault(url: str) -> str:
    """Why `url` is not accepted, in Telegram's words; "" where it is."""
    _, fault = _checked(url)
    return fault


def _checked(url: str) -> tuple[str, str]:
    if not url:
        return "", "URL host is empty"
    scheme, separator, rest = url.partition("://")
    if not separator:
        scheme, rest = "http", url
    scheme = scheme.lower()
    if scheme not in SCHEMES:
        return "", "Unsupported URL protocol"
    if scheme == "tg":
        return f"tg://{rest}", ""
    try:
        parts = urlsplit(f"http://{rest}")
        host, port = parts.hostname or "", parts.port
    except ValueError:
        return "", "Wrong HTTP URL"
    if not host:
        return "", "URL host is empty"
    if "." not in host.strip(".") or re.search(r"[\s<>\"]", host):
        return "", "Wrong HTTP URL"
    place = host if port is None else f"{host}:{port}"
    tail = f"?{parts.query}" if parts.query else ""
    tail += f"#{parts.fragment}" if parts.fragment else ""
    return f"{scheme}://{place}{parts.path or '/'}{tail}", ""
