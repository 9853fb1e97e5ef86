"""Breadth over the companies of a list: the same definitions as of a segment, every company a member on every day."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import numpy as np
import numpy.typing as npt
import pandas as pd

from alerts.metrics import advances, breadth
from alerts.metrics.figure import Figure
from alerts.metrics.frames import figures
from alerts.metrics.funds import INDEX_FUNDS
from alerts.metrics.members import MemberCloses
from alerts.metrics.symbols import LIST_ID


def as_members(
    close: npt.NDArray[np.int64],
    sessions: Sequence[date],
    symbols: Sequence[str],
    listed: npt.NDArray[np.datetime64],
) -> MemberCloses:
    """Closes (T, C) in millionths of a dollar as those of members; listed: as `MemberCloses` has it."""
    return MemberCloses(
        sessions=pd.DatetimeIndex(pd.to_datetime(list(sessions))),
        symbols=tuple(symbols),
        close=close,
        segment=np.ones(close.shape, dtype=np.int8),
        listed=listed,
    )


def list_figures(
    metric_ids: Sequence[str], members: MemberCloses, market: pd.Series, source: str, sessions: Sequence[date]
) -> list[Figure]:
    """The figures of a list's metrics on `sessions`, which `members` contain.

    market: closes of VTI in dollars by session, with which `beating_index_63d` compares.
    """
    extremes = breadth.highs_and_lows(members, "all")
    funds = pd.DataFrame(dict.fromkeys(INDEX_FUNDS.values(), market))
    frames = {
        "above_50d": breadth.above_average(members, "all", 50)[0],
        "above_200d": breadth.above_average(members, "all", 200)[0],
        "ad_ratio": breadth.ad_ratio(advances.counts(members, "all"), "all"),
        "net_highs": breadth.net_highs(extremes, "all"),
        "beating_index_63d": breadth.beating_index(members, funds, 63)["breadth.beating_index_63d.all"],
    }
    wanted = pd.DatetimeIndex(pd.to_datetime(list(sessions)))
    out: list[Figure] = []
    for identity in metric_ids:
        found = LIST_ID.fullmatch(identity)
        if found is not None:
            out += figures(identity, frames[found[1]], source, wanted)
    return out
