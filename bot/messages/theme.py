"""Light or dark pictures. Telegram HTML."""

from __future__ import annotations

from bot.messages.buttons import Buttons

LIGHT, DARK = "light", "dark"
THEMES = (LIGHT, DARK)


def theme_now(dark: bool) -> str:
    """Which pictures the chat gets."""
    return f"Pictures are {DARK if dark else LIGHT} in this chat. Telegram does not tell a bot which theme you use."


def theme_set(dark: bool) -> str:
    """The chat's pictures were made light or dark."""
    return f"Pictures are {DARK if dark else LIGHT} from now on; those sent before stay as they are."


def theme_buttons(dark: bool) -> Buttons:
    """The other theme, and a picture to see it by."""
    other = LIGHT if dark else DARK
    return [[(f"Make them {other}", f"theme:{other}"), ("Show me", "summary")]]
