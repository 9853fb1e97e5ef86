"""A Bot API server on loopback: Telegram's part in the demo and in the tests."""

from bot.local.chats import Change
from bot.local.faults import Fault
from bot.local.server import LocalTelegram, PortInUse, serve, start
from bot.local.world import World

__all__ = ["Change", "Fault", "LocalTelegram", "PortInUse", "World", "serve", "start"]
