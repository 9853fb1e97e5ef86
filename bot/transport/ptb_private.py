"""All that this program takes from private modules of python-telegram-bot, which has no public way to it.

`RequestData` is public, but what it is made of is not; the annotations are those of the public method
`BaseRequest.do_request`, which AiohttpRequest overrides. tests/bot/transport/test_ptb_private.py says first when an
upgrade changes any of it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from telegram import InputFile
from telegram.request import RequestData
from telegram.request._requestparameter import RequestParameter

if TYPE_CHECKING:
    from telegram._utils.types import ODVInput, UploadFileDict

    __all__ = ["ODVInput", "UploadFileDict", "form"]


def form(fields: dict[str, str], photo: str | bytes | None = None) -> RequestData:
    """Parameters that are text already, as a request takes them; `photo`: Telegram's id of it, or a picture's bytes."""
    parameters = [RequestParameter(name, text, None) for name, text in fields.items()]
    if photo is not None:
        parameters.append(RequestParameter.from_input("photo", InputFile(photo) if isinstance(photo, bytes) else photo))
    return RequestData(parameters)
