"""Keyboards under a message: what Telegram refuses in them.

Fields and their types are checked already (types.toml); here are the rules between them.
"""

from typing import Any

from bot.emulator.api.entities import utf16_length
from bot.emulator.api.errors import bad_request
from bot.emulator.api.links import link_fault, mentioned_user

BUTTONS = 100
CALLBACK_DATA_BYTES = 64
COPY_TEXT = 256
STYLES = ("primary", "success", "danger")
# Exactly one of these tells what an inline button does.
ACTIONS = (
    "url",
    "callback_data",
    "web_app",
    "login_url",
    "switch_inline_query",
    "switch_inline_query_current_chat",
    "switch_inline_query_chosen_chat",
    "copy_text",
    "callback_game",
    "pay",
)
# An empty query is a query; any other empty action is none.
MAY_BE_EMPTY = ("switch_inline_query", "switch_inline_query_current_chat", "switch_inline_query_chosen_chat")


def check_keyboard(markup: dict[str, Any] | None) -> dict[str, Any] | None:
    """The InlineKeyboardMarkup that the message will carry, None where there is none (other kinds of markup).

    Raises ApiError 400 for empty texts, no or several actions, callback data beyond 64 bytes, over 100 buttons.
    """
    if not markup or "inline_keyboard" not in markup:
        for row in (markup or {}).get("keyboard", ()):
            for button in row:
                if isinstance(button, dict) and not button["text"].strip():
                    raise bad_request("keyboard button text must be non-empty")
        return None
    rows = [row for row in markup["inline_keyboard"] if row]
    if sum(map(len, rows)) > BUTTONS:
        raise bad_request("reply markup is too long")
    for row in rows:
        for button in row:
            _check_button(button)
    return {"inline_keyboard": rows} if rows else None


def _check_button(button: dict[str, Any]) -> None:
    actions = [name for name in ACTIONS if name in button and (button[name] or name in MAY_BE_EMPTY)]
    if not actions:
        raise bad_request("can't parse inline keyboard button: Text buttons are unallowed in the inline keyboard")
    if not button["text"].strip():
        raise bad_request("inline keyboard button text must be non-empty")
    if len(actions) > 1 or actions[0] in ("pay", "callback_game"):
        raise bad_request("BUTTON_TYPE_INVALID")
    if button.get("style", STYLES[0]) not in STYLES:
        raise bad_request("can't parse inline keyboard button: Invalid button style specified")
    action = actions[0]
    if action == "callback_data" and len(button[action].encode()) > CALLBACK_DATA_BYTES:
        raise bad_request("BUTTON_DATA_INVALID")
    if action == "copy_text" and not 1 <= utf16_length(button[action]["text"]) <= COPY_TEXT:
        raise bad_request("BUTTON_COPY_TEXT_INVALID")
    if action == "url" and mentioned_user(button[action]) is None and (fault := link_fault(button[action])):
        raise bad_request(f"inline keyboard button URL '{button[action]}' is invalid: {fault}")
    if action == "web_app" and not str(button[action].get("url", "")).startswith("https://"):
        url = button[action].get("url", "")
        raise bad_request(f"inline keyboard button Web App URL '{url}' is invalid: Only HTTPS links are allowed")
