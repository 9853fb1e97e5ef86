"""A world kept in a folder, so that a local chat goes on where it was: chat.json, and a file for each upload.

Only what people would miss is kept: people, chats with their messages, files, and the ids that must not come twice.
Updates that the bot had not fetched are kept too. Presses of buttons end with the process, as they do at Telegram
after a while.
"""

import json
import os
from dataclasses import asdict
from pathlib import Path

from bot.emulator.chats import Chat, Json, Stored, Topic
from bot.emulator.state import World
from bot.emulator.uploads import Upload

_STORED = ("message", "from_bot", "options", "keyboard", "history", "deleted")
FORM = 1  # of chat.json; another one is not read


class NotKept(Exception):
    """The folder holds no world that can be read; the text names the file and the cure."""


def keep(world: World, folder: Path) -> None:
    """Write `world` into `folder`, which is made if it is not there. A kill meanwhile leaves the former state."""
    (folder / "files").mkdir(parents=True, exist_ok=True)
    for upload in world.uploads.by_path.values():
        file = folder / "files" / upload.path.replace("/", "-")
        if not file.exists():
            _write(file, upload.body)
    _write(folder / "chat.json", json.dumps(_state(world), ensure_ascii=False).encode())


def kept(folder: Path) -> World | None:
    """The world in `folder`; None where there is none. Raises NotKept."""
    file = folder / "chat.json"
    if not file.exists():
        return None
    try:
        state = json.loads(file.read_bytes())
        if state["form"] != FORM:
            raise NotKept(f"{file} is of another version; start afresh, or move {folder} away")
        return _world(state, folder)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise NotKept(f"{file} cannot be read ({error}); start afresh, or move {folder} away") from error


def _write(file: Path, body: bytes) -> None:
    partial = file.with_name(file.name + ".part")
    partial.write_bytes(body)
    os.replace(partial, file)


def _state(world: World) -> Json:
    uploads = world.uploads
    return {
        "form": FORM,
        "people": list(world.people.values()),
        "chats": [_chat(chat) for chat in world.chats.values()],
        "updates": {"last_id": world.updates.last_id, "pending": list(world.updates.pending)},
        "uploads": [{name: value for name, value in asdict(upload).items() if name != "body"} for upload in
                    uploads.by_path.values()],
    }  # fmt: skip


def _chat(chat: Chat) -> Json:
    stored = [stored.row() for stored in chat.stored.values()]
    topics = [asdict(topic) for topic in chat.topics.values()]
    return asdict(chat) | {"stored": stored, "topics": topics, "lacks": sorted(chat.lacks)}


def _world(state: Json, folder: Path) -> World:
    world = World()
    world.people = {person["id"]: person for person in state["people"]}
    for row in state["chats"]:
        messages = [Stored(**{name: entry[name] for name in _STORED}) for entry in row.pop("stored")]
        members = {int(key): status for key, status in row.pop("members").items()}
        stored = {message.message["message_id"]: message for message in messages}
        topics = {topic["id"]: Topic(**topic) for topic in row.pop("topics", ())}
        lacks = set(row.pop("lacks", ()))
        chat = Chat(**row, members=members, stored=stored, topics=topics, lacks=lacks)
        world.chats[chat.id] = chat
    world.updates.last_id = state["updates"]["last_id"]
    world.updates.pending.extend(state["updates"]["pending"])
    for described in state["uploads"]:
        body = (folder / "files" / described["path"].replace("/", "-")).read_bytes()
        world.uploads.restore(Upload(**described, body=body))
    return world
