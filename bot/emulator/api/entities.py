"""Telegram's HTML parse mode: text with tags → plain text and MessageEntity objects.

Offsets and lengths count UTF-16 code units; the byte offsets of errors count UTF-8 bytes of what was sent.
`parse_html` reads the tags, `bot.emulator.api.formatting` then brings the entities into the order that Telegram keeps.
"""

import re
from dataclasses import dataclass
from typing import Any

from bot.emulator.api.links import checked_link, mentioned_user
from bot.emulator.api.tags import SPACE, Scanner, parse_error

TAGS = {
    "b": "bold",
    "strong": "bold",
    "i": "italic",
    "em": "italic",
    "u": "underline",
    "ins": "underline",
    "s": "strikethrough",
    "strike": "strikethrough",
    "del": "strikethrough",
    "span": "spoiler",
    "tg-spoiler": "spoiler",
    "tg-emoji": "custom_emoji",
    "a": "text_link",
    "code": "code",
    "pre": "pre",
    "blockquote": "blockquote",
}
SPECIAL = re.compile(r"[<&]")
SURROGATE = re.compile("[\ud800-\udfff]")
INVALID_UNICODE = (
    "Text contains invalid Unicode characters after decoding HTML entities, check for unmatched surrogate code units"
)


def utf16_length(text: str) -> int:
    """Length in UTF-16 code units: a character beyond U+FFFF counts two."""
    return len(text) if text.isascii() else len(text.encode("utf-16-le", "surrogatepass")) // 2


@dataclass(slots=True)
class _Open:
    tag: str
    argument: str
    offset: int
    part: int


class _Reader(Scanner):
    """One reading of one text, from left to right: its plain parts so far, and the tags that are open."""

    def __init__(self, source: str) -> None:
        super().__init__(source)
        self.parts: list[str] = []
        self.length = 0
        self.stack: list[_Open] = []
        self.entities: list[dict[str, Any]] = []

    def read(self) -> tuple[str, list[dict[str, Any]]]:
        source = self.source
        while self.at < len(source):
            found = SPECIAL.search(source, self.at)
            end = found.start() if found else len(source)
            if end > self.at:
                self.add(source[self.at : end])
                self.at = end
            elif source[end] == "&":
                self.add(self.reference())
            elif source.startswith("/", end + 1):
                self.end_tag()
            else:
                self.start_tag()
        if self.stack:
            raise parse_error(f'Can\'t find end tag corresponding to start tag "{self.stack[-1].tag}"')
        text = "".join(self.parts)
        if SURROGATE.search(text):
            raise parse_error(INVALID_UNICODE)
        return text, self.entities

    def add(self, text: str) -> None:
        self.parts.append(text)
        self.length += utf16_length(text)

    def start_tag(self) -> None:
        begin = self.at
        self.at += 1
        tag = self.word(SPACE + ">").lower()
        if self.at >= len(self.source):
            raise self.error("Unclosed start tag", begin)
        if tag not in TAGS:
            raise self.error(f'Unsupported start tag "{tag}"', begin)
        attributes = self.attributes(tag, begin)
        if tag == "span" and attributes.get("class") != "tg-spoiler":
            raise self.error('Tag "span" must have class "tg-spoiler"', begin)
        self.stack.append(_Open(tag, _argument(tag, attributes), self.length, len(self.parts)))

    def end_tag(self) -> None:
        begin = self.at
        if not self.stack:
            raise self.error("Unexpected end tag", begin)
        self.at += 2
        found = self.word(SPACE + ">").lower()
        self.skip_space()
        if not self.source.startswith(">", self.at):
            raise self.error("Unclosed end tag", begin)
        self.at += 1
        opened = self.stack.pop()
        if found and found != opened.tag:
            raise self.error("Unmatched end tag", begin, f', expected "</{opened.tag}>", found "</{found}>"')
        if self.length > opened.offset:
            self.close(opened)

    def close(self, opened: _Open) -> None:
        entity: dict[str, Any] = {
            "offset": opened.offset,
            "length": self.length - opened.offset,
            "type": TAGS[opened.tag],
        }
        if opened.tag == "a" and not _link(entity, opened.argument or "".join(self.parts[opened.part :])):
            return
        if opened.tag == "tg-emoji":
            if not opened.argument.isdecimal() or not 0 < int(opened.argument) < 2**63:
                raise parse_error("Invalid custom emoji identifier specified")
            entity["custom_emoji_id"] = opened.argument
        elif opened.tag == "blockquote" and opened.argument:
            entity["type"] = "expandable_blockquote"
        elif opened.tag in ("code", "pre"):
            if self.joined(opened, entity):
                return
            entity["language"] = opened.argument
        self.entities.append(entity)

    def joined(self, opened: _Open, entity: dict[str, Any]) -> bool:
        """<pre><code class="language-x"> over the same text is one entity, pre with a language."""
        last = self.entities[-1] if self.entities else {}
        span = (entity["offset"], entity["length"])
        other = "code" if opened.tag == "pre" else "pre"
        language = last.get("language", "") if opened.tag == "pre" else opened.argument
        if last.get("type") != other or (last["offset"], last["length"]) != span or not language:
            return False
        last.update(type="pre", language=language)
        return True


def _argument(tag: str, attributes: dict[str, str]) -> str:
    if tag == "a":
        return attributes.get("href", "")
    if tag == "code":
        name = attributes.get("class", "")
        return name.removeprefix("language-") if name.startswith("language-") else ""
    if tag == "tg-emoji":
        return attributes.get("emoji-id", "")
    return "expandable" if tag == "blockquote" and "expandable" in attributes else ""


def _link(entity: dict[str, Any], url: str) -> bool:
    user_id = mentioned_user(url)
    if user_id is not None:
        entity.update(type="text_mention", user={"id": user_id})
        return True
    link = checked_link(url)
    entity["url"] = link
    return bool(link)


def parse_html(source: str) -> tuple[str, list[dict[str, Any]]]:
    """Plain text and entities, by offset, then the longer first.

    Raises ApiError 400 "can't parse entities: …" for a tag that is unknown, unclosed or closed out of order.
    """
    if not SPECIAL.search(source):
        return source, []
    text, entities = _Reader(source).read()
    for entity in entities:
        if entity["type"] == "code" or not entity.get("language", "x"):
            entity.pop("language", None)
    order = {"pre": 0, "blockquote": -1, "expandable_blockquote": -1, "code": 1}
    entities.sort(key=lambda entity: (entity["offset"], -entity["length"], order.get(entity["type"], 2)))
    return text, entities
