"""A Bot API server on loopback: Telegram's part in the demo and in the tests."""

from bot.emulator.chats import Change
from bot.emulator.context import CONTEXT, Context
from bot.emulator.faults import Fault
from bot.emulator.server import LocalTelegram, PortInUse, serve, start
from bot.emulator.state import World

__all__ = ["CONTEXT", "Change", "Context", "Fault", "LocalTelegram", "PortInUse", "World", "serve", "start"]
