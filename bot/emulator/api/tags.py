"""The small parts of Telegram's HTML: names, attributes, character references.

Byte offsets in errors count UTF-8 bytes of the text that was sent.
"""

import re

from bot.emulator.api.errors import ApiError, bad_request

NAMED = {"lt": "<", "gt": ">", "amp": "&", "quot": '"'}
REFERENCE = re.compile(r"&(?:#[xX]([0-9a-fA-F]+)|#([0-9]+)|([a-zA-Z]+));?")
LONGEST_REFERENCE = 11
SPACE = " \t\r\n\0\v"
NAME_TOKEN = re.compile(r"[A-Za-z0-9.-]*")


def parse_error(text: str) -> ApiError:
    """400 "Bad Request: can't parse entities: TEXT"."""
    return bad_request(f"can't parse entities: {text}")


class Scanner:
    """A text and a place in it; `at` is an index into `source`, and each part read moves it on."""

    def __init__(self, source: str) -> None:
        self.source = source
        self.at = 0

    def error(self, text: str, at: int, more: str = "") -> ApiError:
        """400 "… at byte offset N…", N counted to the index `at`."""
        offset = len(self.source[:at].encode("utf-8", "surrogatepass"))
        return parse_error(f"{text} at byte offset {offset}{more}")

    def reference(self) -> str:
        """The character that the reference at `at` stands for; the bare "&" where it is none that Telegram knows."""
        found = REFERENCE.match(self.source, self.at)
        char = ""
        if found and found[3]:
            char = NAMED.get(found[3], "")
        elif found and len(found[0]) <= LONGEST_REFERENCE:
            code = int(found[1], 16) if found[1] else int(found[2])
            char = chr(code) if 0 < code < 0x10FFFF else ""
        if not found or not char:
            self.at += 1
            return "&"
        self.at = found.end()
        return char

    def skip_space(self) -> None:
        """Move past space."""
        while self.at < len(self.source) and self.source[self.at] in SPACE:
            self.at += 1

    def word(self, stops: str) -> str:
        """What stands before the first of `stops`, or the end."""
        begin = self.at
        while self.at < len(self.source) and self.source[self.at] not in stops:
            self.at += 1
        return self.source[begin : self.at]

    def attributes(self, tag: str, begin: int) -> dict[str, str]:
        """The attributes of the start tag at `begin`, up to and with its ">"."""
        found: dict[str, str] = {}
        self.skip_space()
        while not self.source.startswith(">", self.at):
            name, value = self.attribute(tag, begin)
            found[name] = value
            self.skip_space()
        self.at += 1
        return found

    def attribute(self, tag: str, begin: int) -> tuple[str, str]:
        """One attribute: its name, and its value ("" where it has none)."""
        name = self.word(SPACE + "=>")
        if self.at >= len(self.source):
            raise self.error(f'Unclosed start tag "{tag}"', begin)
        if not name:
            raise self.error(f'Empty attribute name in the tag "{tag}"', begin)
        self.skip_space()
        if not self.source.startswith("=", self.at):
            return name, ""
        self.at += 1
        self.skip_space()
        quote = self.source[self.at : self.at + 1]
        if not quote:
            raise self.error(f'Unclosed start tag "{tag}"', begin)
        value = self.quoted(quote) if quote in "'\"" else self.token()
        if self.at >= len(self.source):
            raise self.error("Unclosed start tag", begin)
        return name, value

    def token(self) -> str:
        """A value without quotes, in lower case."""
        begin = self.at
        found = NAME_TOKEN.match(self.source, begin)
        self.at = found.end() if found else begin
        if self.source[self.at : self.at + 1] not in tuple(SPACE + ">"):
            raise self.error("Unexpected end of name token", begin)
        return self.source[begin : self.at].lower()

    def quoted(self, quote: str) -> str:
        """A value in quotes, its references resolved."""
        self.at += 1
        chars: list[str] = []
        while self.at < len(self.source) and self.source[self.at] != quote:
            if self.source[self.at] == "&":
                chars.append(self.reference())
            else:
                chars.append(self.source[self.at])
                self.at += 1
        self.at += 1
        return "".join(chars)
