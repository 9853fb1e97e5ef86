"""The whole past of the metrics made of funds and economic series: there at once, before any company's history."""

from __future__ import annotations

import logging
import time
from datetime import date

from alerts.market.sessions import sessions_between
from alerts.metrics.catalog import catalog, fred_series
from alerts.metrics.compute import pasts
from bot.pipeline.context import RunContext
from bot.pipeline.inputs import assemble_funds
from storage import economy, figures, fund_closes
from storage.database import writing

log = logging.getLogger(__name__)

WITHOUT_COMPANIES = ("funds", "")  # what these metrics' coverage counts: funds, or nothing


def fill_past(context: RunContext, through: date) -> int:
    """Record the figures up to `through` of every such metric whose past is not there yet; how many have a value.

    From the funds' first session on; nothing is fetched. A figure that a session recorded itself is kept. A metric
    whose economic series are not there yet waits for them. One without any value is computed again by the next call
    while another series lacks, and is done otherwise.
    """
    db = context.db
    span, kept, done = fund_closes.fund_span(db), economy.kept(db, fred_series()), figures.with_past(db)
    done |= {entry.id for entry in catalog().values() if not kept.issuperset(entry.fred)}
    if span is None or all(entry.id in done for entry in catalog().values() if entry.counts in WITHOUT_COMPANIES):
        return 0
    began = time.monotonic()
    sessions = sessions_between(span[0], through)
    inputs = assemble_funds(context, sessions)
    every_series = kept.issuperset(fred_series())
    found = list(pasts(inputs, sessions, done))
    for at, (name, past) in enumerate(found):
        with writing(db):  # one by one: answers and a writer beside this one wait for a moment at most
            figures.record_figures(db, past, context.now, backfilled=True)
            if past or every_series:
                figures.note_past(db, name, context.now)
        context.report("past", at + 1, len(found))
    count = sum(figure.value is not None for _, past in found for figure in past)
    log.info(
        "%d figures of funds and economic series from %s on, in %.1f s", count, sessions[0], time.monotonic() - began
    )
    return count
