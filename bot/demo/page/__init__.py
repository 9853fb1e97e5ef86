"""The chat page: a chat with the bot in a browser, and the market clock above it.

routes = page_routes(clock=None, notice="The market is simulated.")
local = await start(8080, routes=routes)        # http://127.0.0.1:8080/
"""

from bot.demo.page.clock import Clock
from bot.demo.page.routes import page_routes

__all__ = ["Clock", "page_routes"]
