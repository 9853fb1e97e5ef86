"""All that this program takes from private modules of python-telegram-bot, which has no public way to it.

`RequestData` is public, but what it is made of is not; the annotations are those of the public method
`BaseRequest.do_request`, which AiohttpRequest overrides. tests/bot/transport/test_ptb_private.py says first when an
upgrade changes any of it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from telegram.request import RequestData
from telegram.request._requestparameter import RequestParameter

if TYPE_CHECKING:
    from telegram._utils.types import ODVInput, UploadFileDict

    __all__ = ["ODVInput", "UploadFileDict", "form"]


def form(fields: dict[str, str]) -> RequestData:
    """Parameters that are text already, as a request takes them."""
    return RequestData([RequestParameter(name, text, None) for name, text in fields.items()])
