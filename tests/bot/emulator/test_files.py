import io
import struct
import zlib

import pytest
import telegram
from telegram import InputMediaPhoto

from bot.emulator.server import LARGEST_REQUEST


def png(width: int, height: int, shade: int = 0) -> bytes:
    """A grey picture of its size."""

    def chunk(name: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))

    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    rows = (b"\0" + bytes([shade]) * width) * height
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


JPEG = b"\xff\xd8\xff\xe0\x00\x10JFIF\x00\x01\x01\x00\x00\x01\x00\x01\x00\x00" + struct.pack(
    ">BBHBHHB9s", 0xFF, 0xC0, 17, 8, 300, 400, 3, b"\0" * 9
)


async def test_a_photo_is_sent_again_by_its_file_id_and_downloaded(bot, raw, ada):
    picture = png(1000, 600)
    sent = await bot.send_photo(ada, picture, caption="<b>Leaders</b>", parse_mode="HTML")
    assert [(size.width, size.height) for size in sent.photo] == [(90, 54), (320, 192), (800, 480), (1000, 600)]
    assert sent.photo[-1].file_size == len(picture)
    assert (sent.caption, sent.caption_entities[0].type) == ("Leaders", "bold")
    again = await bot.send_photo(ada, sent.photo[-1].file_id)
    assert again.photo[-1].file_unique_id == sent.photo[-1].file_unique_id
    file = await bot.get_file(again.photo[-1])
    assert bytes(await file.download_as_bytearray()) == picture
    row = (await raw.see("messages", chat=ada))[-1]["message"]["photo"][-1]
    assert (row["file_id"], row["width"], row["file_size"]) == (again.photo[-1].file_id, 1000, len(picture))


async def test_a_jpeg_tells_its_size(bot, ada):
    assert (await bot.send_photo(ada, JPEG)).photo[-1].width == 400


async def test_a_document_keeps_its_name(bot, ada):
    sent = await bot.send_document(ada, io.BytesIO(b"date,close\n"), filename="closes.csv", caption="c")
    assert (sent.document.file_name, sent.document.mime_type) == ("closes.csv", "text/csv")
    assert (await bot.send_document(ada, sent.document.file_id)).document == sent.document


async def test_the_picture_of_a_message_is_replaced(bot, raw, ada):
    sent = await bot.send_photo(ada, png(100, 50), caption="one")
    edited = await sent.edit_media(InputMediaPhoto(png(100, 50, 9), caption="<i>two</i>", parse_mode="HTML"))
    assert edited.photo[-1].file_unique_id != sent.photo[-1].file_unique_id
    assert (edited.caption, edited.caption_entities[0].type) == ("two", "italic")
    assert (await edited.edit_caption("three")).photo == edited.photo
    assert [version["caption"] for version in (await raw.see("messages", chat=ada))[-1]["history"]] == ["one", "two"]
    with pytest.raises(telegram.error.BadRequest, match="Message is not modified"):
        await edited.edit_media(InputMediaPhoto(edited.photo[-1].file_id, caption="three"))


async def test_it_refuses_files_as_telegram_does(bot, raw, ada):
    document = (await bot.send_document(ada, b"x", filename="x.txt")).document.file_id
    refusals = {
        "unknown": "wrong file identifier/HTTP URL specified",
        document: "can't use file of type Document as Photo",
        "": "there is no photo in the request",
    }
    for photo, error in refusals.items():
        assert await raw.refusal("sendPhoto", chat_id=ada, photo=photo) == f"Bad Request: {error}"
    for body, error in ((b"text", "Image_process_failed"), (png(500, 10), "Photo_invalid_dimensions")):
        with pytest.raises(telegram.error.BadRequest, match=f"(?i)^{error}$"):
            await bot.send_photo(ada, body)
    with pytest.raises(telegram.error.BadRequest, match=r"^Message caption is too long$"):
        await bot.send_photo(ada, png(10, 10), caption="x" * 1025)
    refusal = await raw.refusal("getFile", file_id="unknown")
    assert refusal == "Bad Request: wrong file_id or the file is temporarily unavailable"
    assert (await raw.client.get(f"/file/bot{raw.token}/photos/none.jpg")).status_code == 404


async def test_a_body_beyond_telegrams_limit_is_refused_and_the_server_goes_on(raw, ada):
    too_large = bytes(LARGEST_REQUEST + 1)
    for sent in ({"files": {"document": ("a.bin", too_large)}}, {"content": too_large}):
        response = await raw.client.post(f"/bot{raw.token}/sendDocument", params={"chat_id": ada}, **sent)
        assert response.status_code == 413
        assert response.json() == {"ok": False, "error_code": 413, "description": "Request Entity Too Large"}
    assert (await raw.call("sendMessage", chat_id=ada, text="a"))["ok"]


@pytest.mark.parametrize(
    ("kind", "body", "why"),
    [
        ("multipart/form-data", b"x", "can't parse the body as multipart/form-data"),
        ("multipart/form-data; boundary=a", b"x", "can't parse the body as multipart/form-data"),
        ("application/json", b"[]", "object expected as body"),
        ("application/json", b"{", "can't parse the body as JSON"),
        ("application/x-www-form-urlencoded", b"text=%ff", "strings must be encoded in UTF-8"),
    ],
)
async def test_a_body_that_cannot_be_read_is_refused(raw, kind, body, why):
    response = await raw.client.post(f"/bot{raw.token}/sendMessage", content=body, headers={"Content-Type": kind})
    assert (response.status_code, response.json()["error_code"]) == (400, 400)
    assert response.json()["description"].startswith(f"Bad Request: {why}")
