"""The funds that figures are made of."""

from __future__ import annotations

SECTOR_FUNDS = ("XLB", "XLC", "XLE", "XLF", "XLI", "XLK", "XLP", "XLRE", "XLU", "XLV", "XLY")
#: The index that the companies of a segment are compared with.
INDEX_FUNDS = {"large": "SPY", "small": "IWM", "all": "VTI"}
FUNDS = ("SPY", "IWM", "RSP", "IJR", "IWC", "VTI", "VSS", "ACWX", *SECTOR_FUNDS)
