"""The chat page: a chat with the bot in a browser, and the market clock above it.

page = chat_page(clock=None, notice="The market is simulated.")
local = await start(8080, extend=page)        # http://127.0.0.1:8080/
"""

from bot.demo.page.clock import Clock
from bot.demo.page.routes import chat_page

__all__ = ["Clock", "chat_page"]
