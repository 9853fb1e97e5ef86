"""An upgrade of python-telegram-bot that changes what bot/transport/ptb_private.py takes from it fails here first."""

import inspect
from urllib.parse import parse_qs

from telegram.request import BaseRequest

from bot.transport.http import AiohttpRequest
from bot.transport.ptb_private import form

TEXT = "<b>S&P 500</b> é\n50 %"


def test_a_form_is_sent_as_python_telegram_bot_would_send_it():
    data = form({"chat_id": "1001", "text": TEXT})
    assert parse_qs(data.url_encoded_parameters()) == {"chat_id": ["1001"], "text": [TEXT]}
    assert data.json_parameters == {"chat_id": "1001", "text": TEXT}
    assert not data.contains_files


def test_the_request_is_called_with_the_parameters_that_our_client_knows():
    theirs, ours = (inspect.signature(kind.do_request).parameters for kind in (BaseRequest, AiohttpRequest))
    assert list(theirs) == list(ours)
    assert BaseRequest.DEFAULT_NONE is AiohttpRequest.DEFAULT_NONE


def test_the_private_types_are_still_there():
    from telegram._utils import types

    assert types.ODVInput[float]
    assert types.UploadFileDict
