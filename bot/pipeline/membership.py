"""Who counts: half-yearly ranks on the closes of their days, and who leaves, is renamed or arrives between them."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import date, timedelta

import numpy as np
import pandas as pd
from sqlite_utils import Database

from alerts.market import departures, universe
from alerts.market.departures import FastEntry, Listing
from alerts.market.feed import FeedError
from alerts.market.seasons import Season, banded, season_on, seasons_between, segments
from alerts.market.sessions import previous_sessions, sessions_between
from alerts.metrics.members import in_millionths
from bot.pipeline.context import RunContext
from storage import closes, companies, exclusions, memberships

log = logging.getLogger(__name__)

ENOUGH = 0.90  # of the companies that traded on the rank day must have its close, or the ranks are provisional
COVERED = 0.5  # of the members have a close on a session, or nothing was fetched for it
_SEEN = 15  # sessions that are searched for the last five with data
_ARRIVED = 20  # sessions since the listing of a newcomer whose fifth session may have been missed
_COMPARED = 40  # sessions of closes that a new symbol is compared with a vanished one by


# ---- ranks ---------------------------------------------------------------------------------------------------------


def ensure_members(
    db: Database, start: date, end: date, counted: universe.Companies | None, *, afresh_before: date = date.min
) -> None:
    """Rank the companies for every season in force from `start` to `end`, as soon as the closes of its days are there.

    Without those of its own rank day the census's values rank, provisionally; without those of earlier ones the bands
    look back less far, until a backfill brings them. Seasons ranked on a day before `afresh_before` are ranked
    again with the closes that are there now. Call inside `writing()`.
    """
    known = companies.companies(db)
    for season in seasons_between(start, end):
        taken = memberships.reconstitution(db, season)
        usable = _usable(db, season, known)
        again = season.ranked_on < afresh_before
        if usable and (taken is None or taken.provisional or taken.rank_days < len(usable) or again):
            ranked = banded([_values(db, day, known) for day in usable])
            ranked["market_value"] = _values(db, season.ranked_on, known)
            record = memberships.Reconstitution(season, season.ranked_on, False, len(usable))
        elif not usable and taken is None and counted is not None:
            value = counted.frame["market_value"]
            ranked = segments(value)
            ranked["market_value"] = value
            record = memberships.Reconstitution(season, counted.session, True, 0)
        else:
            continue
        memberships.record_reconstitution(db, record, ranked)


def _usable(db: Database, season: Season, known: pd.DataFrame) -> list[date]:
    """The rank days with enough closes, from the earliest after which none lacks them to the season's own."""
    found: list[date] = []
    for day in reversed([one.ranked_on for one in season.remembered]):
        traded = int((known["first_trade"].isna() | (known["first_trade"] <= day.isoformat())).sum())
        if not traded or closes.count_closes(db, day) < ENOUGH * traded:
            break
        found.append(day)
    return found[::-1]


def _values(db: Database, session: date, known: pd.DataFrame) -> pd.Series:
    """Market values at a session's close, by symbol, of the companies that have one; US dollars."""
    close = closes.close_matrix(db, [session], known["id"].tolist())[0] / 1e6
    value = pd.Series(np.where(close > 0, close, np.nan), index=known.index) * known["shares"]
    return value.dropna()


# ---- between two rankings ------------------------------------------------------------------------------------------


def follow_symbols(context: RunContext, session: date, quotes: pd.DataFrame, counted: universe.Companies) -> None:
    """Carry renamed companies over to their new symbols; free symbols that other companies took. Call before the
    census is stored, inside `writing()`."""
    db = context.db
    censuses = exclusions.census_sessions(db, session, departures.GONE_AFTER)
    if not censuses:
        return
    known = companies.last_quoted(db)
    listed = {one.symbol: one for one in companies.listings(db)}
    here = _listings(counted)
    for symbol, one in here.items():
        former = listed.get(symbol)
        if former is None or former.first_trade is None or one.first_trade is None:
            continue
        if former.first_trade != one.first_trade and known[symbol] < censuses[-1]:
            retired = companies.retire(db, symbol, session)
            log.info("%s: another company than before, first traded on %s: %s", symbol, one.first_trade, retired)
            del listed[symbol]
    vanished = [one for symbol, one in listed.items() if symbol not in quotes.index and known[symbol] >= censuses[0]]
    newcomers = [one for symbol, one in here.items() if symbol not in listed]
    if not vanished or not newcomers:
        return
    found = departures.renamed(vanished, newcomers)
    left = [one for one in newcomers if one.symbol not in found.values()]
    found |= departures.renamed(vanished, left, _closes_of_both(context, session, vanished, left))
    for old, new in found.items():
        log.info("%s goes on as %s", old, new)
        companies.rename(db, old, new, session)


def _listings(counted: universe.Companies) -> dict[str, Listing]:
    frame = counted.frame
    return {
        str(symbol): Listing(str(symbol), str(name), None if pd.isna(first) else first.date())
        for symbol, name, first in zip(frame.index, frame["name"], frame["first_trade"], strict=True)
    }


def _closes_of_both(
    context: RunContext, session: date, vanished: Sequence[Listing], newcomers: Sequence[Listing]
) -> dict[str, np.ndarray]:
    """Closes of vanished and new symbols that were first traded on the same day; fetched where they are new."""
    shared = {one.first_trade for one in vanished} & {one.first_trade for one in newcomers} - {None}
    new = [one.symbol for one in newcomers if one.first_trade in shared]
    if not new:
        return {}
    sessions = previous_sessions(session, _COMPARED)
    try:
        fetched = context.feed.closes(new, start=sessions[0], through=sessions[-1]).raw
    except FeedError as error:
        log.warning("%s: closes of %s: %s; they are not compared with those of vanished symbols", session, new, error)
        return {}
    index = pd.DatetimeIndex(pd.to_datetime(sessions))
    found = dict(zip(new, in_millionths(fetched.reindex(index=index, columns=new)).T, strict=True))
    old = [one.symbol for one in vanished if one.first_trade in shared]
    keys = companies.ids(context.db)
    stored = closes.close_matrix(context.db, sessions, [keys[symbol] for symbol in old])
    return found | dict(zip(old, stored.T, strict=True))


def note_departures(db: Database, session: date, counted: universe.Companies | None) -> list[str]:
    """Record the members that are gone, and those that are back; who is gone as of now. Call inside `writing()`."""
    register = memberships.register(db, session, session)
    quoted = set() if counted is None else set(counted.frame.index)
    for absence in register.absences:
        if absence.symbol in quoted and absence.covers(session):
            memberships.record_return(db, absence.symbol, session)
    members = [symbol for symbol in register.on(session).index if symbol not in quoted]
    if not members:
        return []
    keys, last = companies.ids(db), companies.last_quoted(db)
    ids = [keys[symbol] for symbol in members]
    window = [*previous_sessions(session, _SEEN), session]
    enough = COVERED * len(register.on(session))
    with_data = [day for day in window if closes.count_closes(db, day) >= enough]
    seen = closes.last_closes(db, ids)
    listed = {one.symbol: one.first_trade for one in companies.listings(db)}
    excluded = {one.symbol: one.reason for one in exclusions.excluded_on(db, session)}
    gone = []
    for symbol, identity in zip(members, ids, strict=True):
        last_seen = max(filter(None, (seen.get(identity), last[symbol])), default=None)
        begins = departures.gone_from(last_seen, listed[symbol], with_data)
        if begins is not None:
            reason = excluded.get(symbol) or f"no quote and no close after {last_seen}"
            log.info("%s is gone from %s on: %s", symbol, begins, reason)
            memberships.record_departure(db, symbol, begins, reason)
            gone.append(symbol)
    return gone


def note_fast_entries(db: Database, start: date, through: date) -> list[FastEntry]:
    """Record the newcomers listed from `start` on that ranked within the first 500 at the close of their fifth session.

    Call inside `writing()`."""
    known = companies.companies(db)
    decided = set(memberships.fast_entries(db))
    found = []
    new = known[known["first_trade"].notna() & (known["first_trade"] >= start.isoformat())]
    for symbol, first in new["first_trade"].items():
        listed = date.fromisoformat(first)
        fifth = departures.fifth_session(listed, through)
        if fifth is None or symbol in decided or closes.count_closes(db, fifth) < COVERED * len(known):
            continue
        entry = departures.fast_entry(str(symbol), listed, fifth, _values(db, fifth, known))
        if entry is not None:
            log.info("%s enters large on %s: rank %d on %s", symbol, entry.enters, entry.rank, fifth)
            found.append(entry)
    memberships.record_fast_entries(db, found)
    return found


def recently_listed(session: date) -> date:
    """The listing date from which on newcomers of a session are looked at."""
    return previous_sessions(session, _ARRIVED)[0]


def newcomers_since(start: date) -> date:
    """The listing date from which on newcomers may count on `start`: those that its ranks did not know."""
    return sessions_between(season_on(start).ranked_on - timedelta(days=30), start)[0]
