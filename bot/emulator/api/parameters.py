"""The parameters of a request, checked against methods.toml and types.toml.

`read(method, raw)` turns what came over HTTP (strings of a form, or JSON values) into values of the types that
the table names: Integer → int, Boolean → bool, String → str, objects and arrays → what their JSON says.
Telegram ignores a parameter or a field that it does not know; here it is refused, for it is a defect of the bot.
"""

import json
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files
from typing import Any

from bot.emulator.api.errors import LOCAL, ApiError, bad_request

# What Telegram says where a parameter is missing; the rest hear `parameter "NAME" is required`.
MISSING = {
    "action": "wrong parameter action in request",
    "callback_query_id": "query is too old and response timeout expired or query ID is invalid",
    "chat_id": "chat_id is empty",
    "document": "there is no document in the request",
    "file_id": "file_id not specified",
    "message_id": "message identifier is not specified",
    "message_ids": "message identifiers are not specified",
    "photo": "there is no photo in the request",
    "text": "message text is empty",
    "user_id": "invalid user_id specified",
}
# Objects whose faults Telegram reports with the name of the object before them.
WITHIN = {
    "BotCommand": "can't parse BotCommand: ",
    "InlineKeyboardButton": "can't parse inline keyboard button: ",
    "KeyboardButton": "can't parse keyboard button: ",
    "MessageEntity": "can't parse MessageEntity: ",
}
# Telegram's own words for what reply_markup must be; other parameters are called by their names.
SPOKEN = {"reply_markup": "reply keyboard markup"}
MARKUPS = {
    "inline_keyboard": "InlineKeyboardMarkup",
    "keyboard": "ReplyKeyboardMarkup",
    "remove_keyboard": "ReplyKeyboardRemove",
    "force_reply": "ForceReply",
}
ARRAY = "Array of "


@dataclass(frozen=True, slots=True)
class Parameter:
    """A parameter of a method, or a field of an object: the types that it may have, in Telegram's names."""

    types: tuple[str, ...]
    required: bool


Table = Mapping[str, Mapping[str, Parameter]]


def table(name: str) -> Table:
    """methods.toml or types.toml: by method or object, then by parameter or field."""
    text = files("bot.emulator.api").joinpath(name).read_text("utf-8")
    return {
        owner: {key: _parameter(words) for key, words in fields.items()}
        for owner, fields in tomllib.loads(text).items()
    }


def _parameter(words: str) -> Parameter:
    types, _, required = words.partition(", ")
    return Parameter(tuple(types.split(" or ")), required == "required")


METHODS: Table = table("methods.toml")
TYPES: Table = table("types.toml")
# Method names are case-insensitive at Telegram.
NAMES: Mapping[str, str] = {name.lower(): name for name in METHODS}


def read(method: str, raw: Mapping[str, Any], uploads: Mapping[str, Any] = {}) -> dict[str, Any]:
    """The parameters of a call. An empty string counts as absent, as at Telegram.

    Raises ApiError 400 for an unknown, a missing or a malformed parameter. `uploads` names the files that came
    with the request: a parameter of type InputFile may be one of them, and is then left out of what is returned.
    """
    known = METHODS[method]
    given: dict[str, Any] = {}
    for name, value in raw.items():
        parameter = known.get(name)
        if parameter is None:
            raise bad_request(f"unknown parameter {name} in {method} {LOCAL}")
        if value != "" and value is not None:
            given[name] = _value(name, parameter.types, value)
    for name, parameter in known.items():
        if parameter.required and name not in given and name not in uploads:
            raise bad_request(MISSING.get(name, f'parameter "{name}" is required'))
    return given


def _value(name: str, types: tuple[str, ...], value: Any) -> Any:
    kind = types[0]
    if kind == "Integer":
        number = _integer(value)
        if number is not None:
            return number
        if "String" in types and isinstance(value, str):
            return value
        raise bad_request(f"parameter {name} must be of type {' or '.join(types)} {LOCAL}")
    if kind == "String" or "String" in types:
        if not isinstance(value, str):
            raise bad_request(f"parameter {name} must be of type String {LOCAL}")
        return value
    if kind == "Boolean":
        return _boolean(name, value)
    decoded = _decoded(name, value)
    if name == "reply_markup":
        check_markup(decoded, types)
    else:
        check(name, kind, decoded, "")
    return decoded


def _integer(value: Any) -> int | None:
    if isinstance(value, bool) or not isinstance(value, int | str):
        return None
    try:
        return int(value)
    except ValueError:
        return None


def _boolean(name: str, value: Any) -> bool:
    word = str(value).lower()
    if word in ("true", "yes", "1"):
        return True
    if word in ("false", "no", "0"):
        return False
    raise bad_request(f"parameter {name} must be of type Boolean {LOCAL}")


def _decoded(name: str, value: Any) -> Any:
    if not isinstance(value, str):
        return value
    try:
        decoded = json.loads(value)
        # JSON can escape half a surrogate pair, which is no text.
        json.dumps(decoded, ensure_ascii=False).encode()
        return decoded
    except ValueError:
        raise bad_request(f"can't parse {SPOKEN.get(name, name)} JSON object") from None


def check_markup(value: Any, types: tuple[str, ...]) -> None:
    """A reply_markup is one of the four kinds of keyboard, told apart by the field that each requires."""
    if not isinstance(value, dict):
        raise bad_request("object expected as reply markup")
    for field, kind in MARKUPS.items():
        if field in value:
            if kind not in types:
                raise bad_request(f"inline keyboard expected, not {kind} {LOCAL}")
            return check("reply_markup", kind, value, "")
    raise bad_request(f"reply_markup is none of {', '.join(types)} {LOCAL}")


def check(name: str, kind: str, value: Any, within: str) -> None:
    """Raise ApiError 400 unless `value` has the type `kind`; types that types.toml lacks pass as objects."""
    if kind.startswith(ARRAY):
        if not isinstance(value, list):
            raise _wrong(within, name, "Array")
        for item in value:
            check(name, kind.removeprefix(ARRAY), item, within)
    elif kind == "Boolean":
        if not isinstance(value, bool):
            raise _wrong(within, name, "Boolean")
    elif kind == "Integer":
        if not isinstance(value, int) or isinstance(value, bool):
            raise _wrong(within, name, "Number")
    elif kind == "String":
        if not isinstance(value, str):
            raise _wrong(within, name, "String")
    else:
        _check_object(name, kind, value, within)


def _check_object(name: str, kind: str, value: Any, within: str) -> None:
    if not isinstance(value, dict):
        raise _wrong(within, name, "Object")
    fields = TYPES.get(kind)
    if fields is None:
        return
    within = WITHIN.get(kind, "")
    for key, parameter in fields.items():
        if parameter.required and key not in value:
            raise _refusal(within, f'Can\'t find field "{key}"')
    for key, item in value.items():
        parameter = fields.get(key)  # type: ignore[assignment]
        if parameter is None:
            raise _refusal(within, f"Unknown field {key} in {kind} {LOCAL}")
        if len(parameter.types) == 1:
            check(key, parameter.types[0], item, within)


def _wrong(within: str, name: str, kind: str) -> ApiError:
    return _refusal(within, f'Field "{name}" must be of type {kind}')


def _refusal(within: str, text: str) -> ApiError:
    return bad_request(within + text if within else text[0].lower() + text[1:])
