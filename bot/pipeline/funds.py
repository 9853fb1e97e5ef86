"""Closes of funds: fetched whole, doubted where no index fund moves so, and put in place of the kept ones."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from datetime import date

import numpy as np
import pandas as pd
from sqlite_utils import Database

from alerts.market import quality
from alerts.market.quality import Doubt
from alerts.metrics.funds import FUNDS
from alerts.metrics.members import in_millionths
from bot.pipeline.context import RunContext
from storage import closes, exclusions, fund_closes
from storage.database import writing

log = logging.getLogger(__name__)


def gather_funds(context: RunContext, through: date) -> None:
    """Fetch the funds' whole history, and store the closes that pass the checks. Raises FeedError.

    The whole of it, because each distribution rescales the adjusted closes before it. Of a fund with a session that is
    doubted nothing is stored. What is stored replaces the kept history; sessions that it lacks are rescaled.
    """
    db, report = context.db, context.report
    fetched = context.feed.closes(
        FUNDS, start=None, through=through, progress=lambda done, total: report("funds", done, total)
    )
    raw, adjusted = fetched.raw.copy(), fetched.adjusted.copy()
    sessions = [stamp.date() for stamp in raw.index]
    absurd = [
        one
        for frame in (raw, adjusted)
        for one in quality.absurd(in_millionths(frame), np.zeros(frame.shape[1], np.int64), sessions, list(FUNDS))
    ]
    for one in absurd:
        raw.loc[pd.Timestamp(one.session), one.symbol] = np.nan
    with writing(db):
        doubted = _doubted(db, raw, adjusted, through)
        raw[list({one.symbol for one in doubted})] = np.nan
        held = [(one.symbol, one.session, one.reason) for one in absurd]
        held += [(one.symbol, one.session, one.reason) for one in doubted]
        for symbol, session, reason in held:
            log.warning("%s: %s: %s", symbol, session, reason)
        if sessions:
            exclusions.release(db, FUNDS, sessions[0], sessions[-1])
        exclusions.hold_back(db, held, context.now)
        _carry_over(db, raw, adjusted)
        closes.record_fund_closes(db, raw, adjusted)
        closes.forget_fund_closes(db, [(one.symbol, one.session) for one in absurd])


def _doubted(db: Database, raw: pd.DataFrame, adjusted: pd.DataFrame, through: date) -> list[Doubt]:
    """The moves since the last stored session that no earlier session's fetch has had; all of them are remembered."""
    accepted = fund_closes.last_fund_sessions(db)
    known = exclusions.doubts(db)
    remembered, doubted = [], []
    for fund in FUNDS:
        if fund not in accepted:  # a first fetch: there is nothing to compare with
            continue
        for one in quality.doubts(raw[fund], adjusted[fund], accepted[fund]):
            move, step, first = known.get((fund, one.session), (one.move, one.step, through))
            before = Doubt(fund, one.session, move, step)
            if not one.agrees(before):
                before, first = one, through
            if first >= through:
                doubted.append(one)
            remembered.append((fund, one.session, before.move, before.step, first))
    exclusions.record_doubts(db, _of_funds(remembered, {one.symbol for one in doubted}))
    return doubted


def _of_funds(
    found: Iterable[tuple[str, date, float, float, date]], symbols: set[str]
) -> list[tuple[str, date, float, float, date]]:  # fmt: skip
    """Those of a fund that is not stored yet: what is stored is believed."""
    return [one for one in found if one[0] in symbols]


def _carry_over(db: Database, raw: pd.DataFrame, adjusted: pd.DataFrame) -> None:
    """Put the kept closes of sessions that the fetch lacks on its scale."""
    sessions = fund_closes.fund_sessions(db)
    if not sessions:
        return
    whole = raw.notna() & adjusted.notna()
    for fetched, kept in zip((raw, adjusted), closes.fund_frames(db, FUNDS, sessions), strict=True):
        new = fetched.where(whole).reindex(index=kept.index, columns=kept.columns)
        moved = {fund: quality.carried_over(kept[fund].to_numpy(), new[fund].to_numpy()) for fund in kept}
        closes.rescale_fund_closes(db, pd.DataFrame(moved, index=kept.index), adjusted=fetched is adjusted)
