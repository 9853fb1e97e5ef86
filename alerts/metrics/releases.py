"""Economic series as they were known on a day: the last observation released by then, with its own date."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources

import numpy as np
import numpy.typing as npt
import pandas as pd


@dataclass(frozen=True)
class Release:
    """When observations of a series become known, and how long the last one counts, in days from its date."""

    known_after: int
    lasts: int


@lru_cache(maxsize=1)
def releases() -> dict[str, Release]:
    """All releases by FRED id."""
    text = resources.files("alerts.metrics").joinpath("releases.toml").read_text(encoding="utf-8")
    return {entry["id"]: Release(entry["known_after"], entry["lasts"]) for entry in tomllib.loads(text)["series"]}


def as_of(
    observations: pd.Series, sessions: pd.DatetimeIndex, release: Release, seen: pd.DataFrame | None = None
) -> pd.DataFrame:  # fmt: skip
    """By session: `value` and `day` of the last known observation; NaN and NaT if there is none or it is too old.

    `observations`: float by date, ascending. `seen`: see `known_from`. `reason` says why a value is missing.
    """
    days = observations.index.to_numpy().astype("datetime64[D]")
    asked = sessions.to_numpy().astype("datetime64[D]")
    from_then = known_from(days, release, seen)
    # The last observation known: one that counts late must not hide a later one, nor one that counts early be hidden.
    earliest = np.minimum.accumulate(from_then[::-1])[::-1]
    at = np.searchsorted(earliest, asked, side="right") - 1
    some = at >= 0
    day = np.where(some, days[np.maximum(at, 0)] if len(days) else np.datetime64("NaT", "D"), np.datetime64("NaT", "D"))
    value = np.where(some, observations.to_numpy(dtype="float64")[np.maximum(at, 0)] if len(days) else np.nan, np.nan)
    old = some & (asked - day > np.timedelta64(release.lasts, "D"))
    reason = pd.Series(None, index=sessions, dtype="object")
    reason[~some] = "no observation was known yet"
    reason[old] = [f"the last observation, of {last}, is more than {release.lasts} days old" for last in day[old]]
    return pd.DataFrame(
        {
            "value": np.where(old, np.nan, value),
            "day": pd.to_datetime(np.where(old, np.datetime64("NaT", "D"), day)),
            "reason": reason,
        },
        index=sessions,
    )


def known_from(
    days: npt.NDArray[np.datetime64], release: Release, seen: pd.DataFrame | None = None
) -> npt.NDArray[np.datetime64]:
    """The day from which each observation counts: its date and the usual lag, or where it is known, when it was seen.

    `seen`: by date of observation, datetime64: `first_seen`, the day on which a fetch first had it, and `missed_on`,
    the day of the fetch before, which had not. An observation that came late counts from the day after the last fetch
    without it at the earliest; one that came early from the day on which it was seen.
    """
    usual = days + np.timedelta64(release.known_after, "D")
    if seen is None or seen.empty:
        return np.asarray(usual)
    of_days = seen.reindex(pd.DatetimeIndex(days))
    first, missed = (of_days[name].to_numpy().astype("datetime64[D]") for name in ("first_seen", "missed_on"))
    live = ~np.isnat(first) & ~np.isnat(missed)
    by_sight = np.minimum(first, np.maximum(usual, missed + np.timedelta64(1, "D")))
    return np.where(live, np.maximum(by_sight, days), usual)


def known(
    economy: Mapping[str, pd.Series],
    identity: str,
    sessions: pd.DatetimeIndex,
    seen: Mapping[str, pd.DataFrame] | None = None,
) -> pd.DataFrame:
    """`as_of` for a series by its id; a series that was never fetched is missing on every session."""
    found = economy.get(identity, pd.Series(dtype="float64", index=pd.DatetimeIndex([])))
    told = as_of(found, sessions, releases()[identity], (seen or {}).get(identity))
    if identity not in economy:
        told["reason"] = f"{identity} was never fetched"
    return told
