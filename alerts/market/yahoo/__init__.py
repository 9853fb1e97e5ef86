"""Yahoo Finance, through yfinance: a census by its screener, closes by its charts."""

from alerts.market.yahoo.feed import Yahoo

__all__ = ["Yahoo"]
