"""Sets up yfinance for one fetch, silences its log, and reads failures from it.

yfinance hides most failures (a refused symbol looks like one without bars), so the reasons come from its log lines.
"""

from __future__ import annotations

import logging
import re
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TextIO

import pandas as pd

from alerts.market.sessions import NEW_YORK
from alerts.market.yahoo.errors import Reason, reason_logged
from alerts.market.yahoo.session import Limits, session_within


@dataclass(frozen=True)
class Talk:
    """yfinance during one fetch, the session that keeps to the fetch's limits, and the log lines.

    `session` has to be given to `yfinance.download`, which otherwise puts one of its own, without limits, in its place.
    """

    yfinance: Any
    session: Any
    said: list[str] = field(default_factory=list)

    def failures(self) -> dict[str, Reason]:
        """Reasons by symbol, from the lines "['AAA', 'BBB']: reason" that a download ends with; forgets them."""
        found: dict[str, Reason] = {}
        for line in self.said:
            if match := re.match(r"\[(.*?)\]: (.*)", line, re.DOTALL):
                reason = reason_logged(match[2])
                found.update({symbol.strip(" '\""): reason for symbol in match[1].split(",")})
        self.said.clear()
        return found


class _Listener(logging.Handler):
    def __init__(self, said: list[str]) -> None:
        super().__init__(logging.ERROR)
        self._said = said

    def emit(self, record: logging.LogRecord) -> None:
        self._said.append(record.getMessage())


def _hide_deprecations() -> None:
    """Keep pandas' notices about yfinance's own code off standard error.

    yfinance asks for them with a filter of its own. A filter of ours does not outlast that: pandas opens
    `warnings.catch_warnings` in several of yfinance's threads at once, and the last to close it restores the filters
    that it found. The function that prints a warning is restored to ours.
    """
    notice = getattr(pd.errors, "Pandas4Warning", None)
    shown = warnings.showwarning
    if notice is None or getattr(shown, "hides_yfinance", False):
        return

    def show(
        message: Warning | str,
        category: type[Warning],
        filename: str,
        lineno: int,
        file: TextIO | None = None,
        line: str | None = None,
    ) -> None:
        if not (issubclass(category, notice) and "yfinance" in Path(filename).parts):
            shown(message, category, filename, lineno, file, line)

    show.hides_yfinance = True  # type: ignore[attr-defined]
    warnings.showwarning = show


@contextmanager
def quietly(cache: Path | None, limits: Limits) -> Iterator[Talk]:
    """Set up yfinance, send its log lines to a Talk instead of the program's log, and let its exceptions through.

    A fetch begins: its requests keep to `limits`.
    """
    import yfinance  # takes a second and a half, so import it once and late

    if cache is not None:
        cache.mkdir(parents=True, exist_ok=True)
        yfinance.set_tz_cache_location(str(cache))
    _hide_deprecations()
    logging.getLogger("peewee").setLevel(logging.WARNING)  # at DEBUG it logs the cookies it stores
    session = session_within(limits)
    yfinance.data.YfData(session=session)  # there is one in each process
    limits.begin()
    talk = Talk(yfinance, session)
    logger = logging.getLogger("yfinance")
    listener = _Listener(talk.said)
    before = (logger.level, logger.propagate, yfinance.config.debug.hide_exceptions)
    logger.addHandler(listener)
    logger.setLevel(logging.ERROR)  # at DEBUG, as a program's own may be, downloads would not use threads
    logger.propagate = False
    yfinance.config.debug.hide_exceptions = False
    try:
        yield talk
    finally:
        logger.removeHandler(listener)
        logger.level, logger.propagate, yfinance.config.debug.hide_exceptions = before


def spare_time_zones(yfinance: Any, symbols: Sequence[str]) -> None:
    """Tell yfinance's cache that `symbols` trade in New York; otherwise it asks Yahoo for each zone before the chart.

    The zone only sets the midnight at which a range starts; bars are dated by the zone in their own answer.
    """
    try:
        zones = yfinance.cache.get_tz_cache()
        zones.lookup("SPY")  # opens its database, which must not be opened by the transaction
        with zones.get_db().atomic():
            for symbol in symbols:
                if zones.lookup(symbol) is None:
                    zones.store(symbol, NEW_YORK.key)
    except Exception:  # noqa: BLE001 – a cache that cannot be written costs requests, not figures
        return
