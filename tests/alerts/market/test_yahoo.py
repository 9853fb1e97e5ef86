"""What of Yahoo can be told without a network."""

from __future__ import annotations

import subprocess
import sys
from datetime import UTC, date, datetime

import numpy as np
import pandas as pd
import pytest

from alerts.market.dates import Dates
from alerts.market.feed import CENSUS_COLUMNS, FeedIncomplete, FeedUnavailable, WrongSession
from alerts.market.yahoo import Yahoo
from alerts.market.yahoo.errors import reason_of
from alerts.market.yahoo.frames import census_frame, new_york_day
from alerts.market.yahoo.session import Limits, session_within

CLOSE = int(datetime(2025, 7, 30, 20, 0, tzinfo=UTC).timestamp())


def test_importing_the_feed_does_not_import_yfinance():
    code = "import sys, alerts.market.yahoo, alerts.market.universe; sys.exit('yfinance' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_a_quote_becomes_a_line_with_every_column():
    quote = {
        "symbol": "AAA",
        "shortName": "A Co",
        "regularMarketPrice": 10,
        "marketCap": 5_000_000,
        "epsForward": "Infinity",
        "bookValue": "n/a",
        "firstTradeDateMilliseconds": -252_322_200_000,
        "regularMarketTime": CLOSE,
    }
    frame = census_frame([quote, {"symbol": "BBB"}])
    assert {column: str(kind) for column, kind in frame.dtypes.items()} == CENSUS_COLUMNS
    line = frame.loc["AAA"]
    assert (line["name"], line["price"], line["market_value"]) == ("A Co", 10.0, 5e6)
    assert np.isnan(line["eps_forward"])
    assert np.isnan(line["book_value"])
    assert line["first_trade"] == pd.Timestamp("1962-01-02")
    assert line["session"] == pd.Timestamp("2025-07-30")
    assert line["industry"] is None
    assert frame.loc["BBB"].isna().all()


def test_a_quote_belongs_to_its_day_in_new_york():
    assert new_york_day(datetime(2025, 7, 31, 0, 15, tzinfo=UTC).timestamp()) == date(2025, 7, 30)
    assert new_york_day(None) is None
    assert new_york_day("soon") is None


def test_reasons_are_in_words_of_our_own():
    error = OSError("failed for https://query1.finance.yahoo.com/v1?crumb=SECRET")
    assert reason_of(error).text == "the connection failed (OSError)"


def test_no_symbols_cost_no_request():
    feed = Yahoo(None, lambda: datetime(2025, 7, 30, 22, tzinfo=UTC))
    closes = feed.closes([], start=None, through=date(2025, 7, 30))
    assert closes.raw.shape == (0, 0)


@pytest.mark.parametrize(
    ("state", "moment", "refused"),
    [
        ("REGULAR", datetime(2025, 7, 30, 18, tzinfo=UTC), True),
        ("PRE", datetime(2025, 7, 30, 12, tzinfo=UTC), True),
        ("PRE", datetime(2025, 7, 31, 12, tzinfo=UTC), False),
        ("POST", datetime(2025, 7, 30, 22, tzinfo=UTC), False),
        ("POSTPOST", datetime(2025, 7, 31, 1, tzinfo=UTC), False),
        ("CLOSED", datetime(2025, 8, 2, 12, tzinfo=UTC), False),
    ],
)
def test_quotes_of_an_open_market_are_refused(state, moment, refused):
    feed = Yahoo(None, lambda: moment)
    quotes = [{"symbol": "AAA", "regularMarketTime": CLOSE, "marketState": state}] * 3
    if refused:
        with pytest.raises(FeedUnavailable, match="market still open on 2025-07-30"):
            feed._check_session(quotes, date(2025, 7, 30))
    else:
        feed._check_session(quotes, date(2025, 7, 30))


def test_the_session_is_the_one_that_most_quotes_carry():
    feed = Yahoo(None, lambda: datetime(2025, 7, 30, 22, tzinfo=UTC))
    quotes = [{"symbol": "AAA", "regularMarketTime": CLOSE, "marketState": "POST"}] * 3
    halted = [{"symbol": "BBB", "regularMarketTime": CLOSE - 86_400, "marketState": "POST"}]
    feed._check_session(halted + quotes, date(2025, 7, 30))
    with pytest.raises(WrongSession, match="quotes are of 2025-07-30, 2025-07-29 was requested"):
        feed._check_session(halted + quotes, date(2025, 7, 29))
    with pytest.raises(FeedIncomplete, match="no quote on the first page has a session"):
        feed._check_session([{"symbol": "AAA"}], date(2025, 7, 30))


def test_no_request_begins_with_less_time_than_curl_counts() -> None:
    from curl_cffi.requests.exceptions import ReadTimeout

    limits = Limits(Dates(lambda: datetime.now(UTC)), request_seconds=20.0, fetch_seconds=0.0009)  # 0 ms to curl: none
    session = session_within(limits)
    limits.begin()
    with pytest.raises(ReadTimeout, match="used up its time"):
        session.request("GET", "http://127.0.0.1:9/")  # nobody is there: another error, were it asked


NOTICES = """
import warnings
from datetime import UTC, datetime
from alerts.market.dates import Dates
from alerts.market.yahoo.client import quietly
from alerts.market.yahoo.session import Limits

def bars():
    prices = dict.fromkeys(("open", "high", "low", "close"), [1.0, 1.0])
    return {"timestamp": [2, 1], "indicators": {"quote": [{"volume": [1, 1], **prices}]}}

limits = Limits(Dates(lambda: datetime.now(UTC)), 10, 10)
with quietly(None, limits) as talk:
    talk.yfinance.utils.parse_quotes(bars())
    warnings.simplefilter("always")  # what threads that open catch_warnings side by side can leave
    talk.yfinance.utils.parse_quotes(bars())
warnings.warn("a warning of the program", UserWarning)
"""


def test_no_notice_about_the_code_of_yfinance_is_printed_whatever_became_of_the_filters() -> None:
    done = subprocess.run([sys.executable, "-c", NOTICES], capture_output=True, text=True, timeout=60, check=True)
    assert "yfinance" not in done.stderr
    assert "a warning of the program" in done.stderr
