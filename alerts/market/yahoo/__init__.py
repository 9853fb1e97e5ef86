"""Yahoo Finance, through yfinance: a census from its screener, closes from its charts."""

from alerts.market.yahoo.feed import Yahoo

__all__ = ["Yahoo"]
