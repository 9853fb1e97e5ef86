"""From what the bot sent (text, parse_mode, entities) to what Telegram stores and shows.

Space around the text goes; entities are put in order: nothing but a quotation around code, no links within links,
no styles within code, the same style twice is one. Then Telegram adds what it finds by itself: /commands,
@mentions, #hashtags, $CASHTAGS, addresses.
"""

import re
from typing import Any

from bot.emulator.api.entities import parse_html, utf16_length
from bot.emulator.api.errors import LOCAL, ApiError, bad_request
from bot.emulator.api.links import checked_link, link_fault
from bot.emulator.api.names import NAMES

Entity = dict[str, Any]

TEXT_LIMIT = 4096
CAPTION_LIMIT = 1024
TYPES_OF_ENTITY = frozenset(NAMES["entity_types"])
STYLES = frozenset({"bold", "italic", "underline", "strikethrough", "spoiler"})
QUOTES = frozenset({"blockquote", "expandable_blockquote"})
# Which of two entities over the same text comes first.
PRIORITY = {"blockquote": 0, "expandable_blockquote": 0, "pre": 10, "code": 20, "text_link": 49, "text_mention": 49} | {
    "bold": 90,
    "italic": 91,
    "underline": 92,
    "strikethrough": 93,
    "spoiler": 94,
    "custom_emoji": 99,
}
FOUND_IN_TEXT = re.compile(
    r"(?P<url>\bhttps?://[^\s<>\"]*[^\s<>\".,:;!?')\]])"
    r"|(?P<email>\b[\w.+-]+@[\w-]+\.[A-Za-z]{2,}\b)"
    r"|(?<![\w/@])(?P<mention>@[A-Za-z]\w{3,31})\b"
    r"|(?<![\w/<])(?P<bot_command>/[A-Za-z0-9_]{1,64}(?:@\w{3,32})?)(?![\w/])"
    r"|(?<![\w$])(?P<cashtag>\$[A-Z]{1,8})\b"
    r"|(?<![\w#])(?P<hashtag>#(?=\w*[^\W\d])\w+)"
)
#: What any of these has, each beginning with a character that is rare in a text: without it nothing is looked for.
MARKS = re.compile(r"://|@|/(?<![\w/<]/)[A-Za-z0-9_]|\$[A-Z]|#\w")


def read_text(text: str, parse_mode: str | None, entities: list[Entity] | None) -> tuple[str, list[Entity]]:
    """The stored text and its entities. An empty text is for the caller to refuse.

    Raises ApiError 400 for tags or entities that cannot be, and for a parse_mode that is not read here.
    """
    mode = (parse_mode or "").lower()
    if mode == "html":
        plain, found = parse_html(text)
    elif mode in ("markdown", "markdownv2"):
        raise bad_request(f"parse_mode {parse_mode}: the local Bot API reads HTML only {LOCAL}")
    elif mode:
        raise bad_request("unsupported parse_mode")
    else:
        plain, found = text, [_checked(entity, utf16_length(text)) for entity in entities or ()]
    return finish(plain, found)


def finish(plain: str, found: list[Entity]) -> tuple[str, list[Entity]]:
    """Trim, order, and add the entities that Telegram finds by itself."""
    text = plain.strip(" \t\r\n\0")
    if found:
        lead = utf16_length(plain[: len(plain) - len(plain.lstrip(" \t\r\n\0"))])
        found = ordered(_shifted(found, -lead, utf16_length(text)))
    if MARKS.search(text):
        found = _with_detected(text, found)
    return text, found


def too_long(text: str, limit: int) -> bool:
    """Whether `text` has more than `limit` UTF-16 code units."""
    return len(text) * 2 > limit and utf16_length(text) > limit


def _checked(entity: Entity, length: int) -> Entity:
    kind, offset, extent = entity["type"], entity["offset"], entity["length"]
    if kind not in TYPES_OF_ENTITY:
        raise bad_request("can't parse MessageEntity: Unsupported type specified")
    needed = {"text_link": "url", "text_mention": "user", "custom_emoji": "custom_emoji_id"}.get(kind)
    if needed and needed not in entity:
        raise bad_request(f"can't parse MessageEntity: Can't find field \"{needed}\"")
    if offset < 0:
        raise bad_request(f"receive an entity with incorrect offset {offset}")
    if extent < 0:
        raise bad_request(f"receive an entity with incorrect length {extent}")
    if offset > length:
        raise bad_request(f"entity begins after the end of the text at UTF-16 offset {offset}")
    if offset + extent > length:
        raise _beyond(offset, extent)
    if kind == "text_link":
        if fault := link_fault(entity["url"]):
            raise bad_request(f"entity URL '{entity['url']}' is invalid: {fault}")
        return entity | {"url": checked_link(entity["url"])}
    return dict(entity)


def _beyond(offset: int, extent: int) -> ApiError:
    end = offset + extent
    return bad_request(
        f"entity beginning at UTF-16 offset {offset} ends after the end of the text at UTF-16 offset {end}"
    )


def _shifted(entities: list[Entity], by: int, length: int) -> list[Entity]:
    moved = []
    for entity in entities:
        begin = max(0, entity["offset"] + by)
        end = min(length, entity["offset"] + by + entity["length"])
        if end > begin:
            moved.append(entity | {"offset": begin, "length": end - begin})
    return moved


def ordered(entities: list[Entity]) -> list[Entity]:
    """The entities that Telegram keeps, by offset, then the longer first."""
    entities = sorted(entities, key=_place)
    whole: list[Entity] = []
    quotes: list[Entity] = []
    for entity in entities:
        kind = entity["type"]
        if kind in STYLES or kind == "custom_emoji":
            continue
        kept = quotes if kind in QUOTES else whole
        if not kept or entity["offset"] >= kept[-1]["offset"] + kept[-1]["length"]:
            kept.append(entity)
    code = [
        (entity["offset"], entity["offset"] + entity["length"]) for entity in whole if entity["type"] in ("code", "pre")
    ]
    styles = [part for kind in sorted(STYLES) for part in _style(kind, entities, code)]
    emoji = [entity for entity in entities if entity["type"] == "custom_emoji" and not _within(entity, code)]
    return sorted(quotes + whole + styles + emoji, key=_place)


def _place(entity: Entity) -> tuple[int, int, int]:
    return entity["offset"], -entity["length"], PRIORITY.get(entity["type"], 50)


def _within(entity: Entity, spans: list[tuple[int, int]]) -> bool:
    return any(begin < entity["offset"] + entity["length"] and entity["offset"] < end for begin, end in spans)


def _style(kind: str, entities: list[Entity], code: list[tuple[int, int]]) -> list[Entity]:
    """One style: its entities joined where they touch, with the stretches of code cut out."""
    joined: list[list[int]] = []
    for entity in entities:
        if entity["type"] != kind:
            continue
        begin, end = entity["offset"], entity["offset"] + entity["length"]
        if joined and begin <= joined[-1][1]:
            joined[-1][1] = max(joined[-1][1], end)
        else:
            joined.append([begin, end])
    parts: list[Entity] = []
    for begin, end in joined:
        for start, stop in [*code, (end, end)]:
            if stop <= begin or start > end:
                continue
            if start > begin:
                parts.append({"offset": begin, "length": min(start, end) - begin, "type": kind})
            begin = stop
    return parts


def _with_detected(text: str, entities: list[Entity]) -> list[Entity]:
    taken = [
        (entity["offset"], entity["offset"] + entity["length"])
        for entity in entities
        if entity["type"] not in STYLES and entity["type"] not in QUOTES
    ]
    detected = []
    for found in FOUND_IN_TEXT.finditer(text):
        entity = {
            "offset": utf16_length(text[: found.start()]),
            "length": utf16_length(found[0]),
            "type": found.lastgroup,
        }
        if not _within(entity, taken):
            detected.append(entity)
    return sorted(entities + detected, key=_place) if detected else entities
