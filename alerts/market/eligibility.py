"""Which listings are a company's shares: by venue, currency, symbol, industry and name. Pure.

The source lists preferreds, units, warrants, notes, funds, shells and foreign reporters among the shares, and often
only the name reveals them.
"""

from __future__ import annotations

import re
from functools import lru_cache

import pandas as pd

VENUES = frozenset({"NMS", "NGM", "NCM", "NYQ", "ASE"})  # NASDAQ's three tiers, New York, American
SHELLS = "Shell Companies"  # an industry
_NASDAQ = frozenset({"NMS", "NGM", "NCM"})

#: A cheap first check: a name without any of these needs no closer check.
_SUSPECT = re.compile(
    r"preferred|pfd|depositary|depository|adrs?\b|ads\b|gdrs?\b|\breg\b|regist|notes?\b|debenture|bonds?\b|%|warrant|rights?\b|units?\b|"
    r"acquisition|blank check|spac\b|merger|corp|funds?\b|trust|et[fn]\b|ishares|spdr|proshares"
)
_RATE = r"\d(?:\.\d+)?\s?%"
_PREFERRED = re.compile(
    r"\bpfd\b|\bpreferred (?:stock|shares?|securit\w+|units?|series|equity)\b|\bpreferred$|"
    rf"(?:{_RATE}|\bcumulative\b|\bperpetual\b|\bconv\w*\b|\bredeemable\b|\bseries \w+).*\bpreferred\b"
)
_NOTE = re.compile(
    rf"\bdebentures?\b|\bbaby bonds?\b|\bnotes? due\b|{_RATE}|\b(?:senior|subordinated|junior)\b.*\b(?:notes?|bonds?)\b"
)
_DEPOSITARY = re.compile(
    r"\badrs?\b|\bads\b(?!-)|\bdeposit[ao]ry\b|\bgdrs?\b|\b(?:new york|ny) regist(?:ry|ered) shares?\b|\bny reg\b"
)
#: Legal forms of other countries. A source that gives no domicile tells as much of it as the name says.
_FORM_ELSEWHERE = re.compile(
    r"(?:\bplc|\bp\.l\.c\.|\blimited|\bltd\.?|\bn\.?v\.?|\bs\.?a\.?|\ba\.?g\.?|\bse|\bs\.?p\.?a\.?|\bb\.?v\.?|\ba/s|\basa|"
    r"\bab|\boyj|\bs\.a\. de c\.v\.|\bs\.a\.b\. de c\.v\.)"
    r"(?: \(.*\))?(?:,? (?:class|cl) [a-z])?(?:,? (?:common|ordinary) (?:stock|shares?))?$"
)
_WARRANT = re.compile(r"\bwarrants?\b")
_RIGHT = re.compile(r"\brights$|\b(?:corp|inc|ltd|limited|acquisition|co)\b.*\bright$|\bcontingent value right")
_UNIT = re.compile(r"(?<!common )\bunits?$|\bunits?,? (?:each|consisting)\b")  # a partnership's common units are shares
_SHELL = re.compile(r"\bacquisitions?\b|\bblank check\b|\bspac\b|\bmerger corp")
_NUMBERED_SHELL = re.compile(r"\b(?:capital|investment|opportunity|growth) corp(?:oration)?\.? (?:[ivx]+|\d+)$")
_LENDER = re.compile(r"\b(?:owl|lending|credit|specialty|middle market)\b")
_FUND = re.compile(r"\bfunds?\b|\bet[fn]s?\b|\bishares\b|\bspdr\b|\bproshares\b")
_FUND_TRUST = re.compile(
    r"\b(?:income|dividend|premium|municipal|muni|term|bond|credit|duration|equity|value|micro-cap|yield|"
    r"opportunit(?:y|ies)|total return|science|sciences|innovation|gold|silver|bitcoin|ethereum|allocation|convertible)"
    r"(?: and technology)?(?: \d{4})?(?: target)?(?: term)? trust\b|"
    r"\b(?:blackrock|nuveen|eaton vance|pimco|gabelli|cohen & steers|calamos|john hancock|putnam|mfs|western asset|"
    r"abrdn|royce|grayscale|doubleline)\b.*\btrust\b"
)
#: Trusts that own or finance property, or own a bank: companies, whatever else the name contains.
_COMPANY_TRUST = re.compile(
    r"\b(?:realty|reit|propert\w+|mortgage|real estate|hotels?|lodging|housing|homes?|healthcare|industrial|logistics|"
    r"residential|storage|land|apartment|office|bank|bancorp|bancshares|trust corp\w*)\b"
)

_SUFFIXES = (
    (re.compile(r"-P[A-Z]?$|-PR[A-Z]$"), "preferred share"),
    (re.compile(r"-W(?:[ST][A-Z]?)?$"), "warrant"),
    (re.compile(r"-UN?$"), "unit"),
    (re.compile(r"-R[TI]?$"), "right"),
)
_FIFTH_LETTER = {"W": "warrant", "U": "unit", "R": "right"}


def ineligible_reason(quotes: pd.DataFrame) -> pd.Series:
    """Why each listing cannot be a member, in plain words; None if it can. `quotes`: a census; one value for each row.

    A listing without a reporting currency may be a member: the source often leaves it out for recent and small
    listings, nearly all of which report in dollars, and leaving those out would thin the small segment. Royalty trusts
    and partnerships count as companies.
    """
    listed = {str(symbol) for symbol in quotes.index}
    rows = zip(
        quotes.index,
        quotes["quote_type"],
        quotes["exchange"],
        quotes["currency"],
        quotes["financial_currency"],
        quotes["industry"],
        quotes["name"],
        strict=True,
    )
    reasons = [
        _listing_reason(kind, venue, currency, reports)
        or _symbol_reason(str(symbol), venue, listed)
        or _industry_reason(industry)
        or _name_reason(name)
        for symbol, kind, venue, currency, reports, industry, name in rows
    ]
    return pd.Series(reasons, index=quotes.index, dtype=object, name="reason")


def domiciled_elsewhere(name: str) -> bool:
    """Whether a company's name has a legal form of another country (plc, N.V., Ltd., S.A.); many have none at all."""
    return _FORM_ELSEWHERE.search(name.lower().strip()) is not None


def _listing_reason(kind: object, venue: object, currency: object, reports: object) -> str | None:
    if kind != "EQUITY":
        return f"not a share ({kind})"
    if venue not in VENUES:
        return f"listed outside New York, NASDAQ and American ({venue})"
    if currency != "USD":
        return f"not quoted in US dollars ({currency})"
    if isinstance(reports, str) and reports != "USD":
        return f"does not report in US dollars ({reports})"
    return None


def _symbol_reason(symbol: str, venue: object, listed: set[str]) -> str | None:
    if "-" in symbol:
        return next((reason for pattern, reason in _SUFFIXES if pattern.search(symbol)), None)
    if len(symbol) == 5 and venue in _NASDAQ and symbol[:4] in listed:
        return _FIFTH_LETTER.get(symbol[4])
    return None


def _industry_reason(industry: object) -> str | None:
    if not isinstance(industry, str):
        return None
    if industry == SHELLS:
        return "shell company"
    return "fund" if industry.startswith(("Closed-End Fund", "Exchange Traded Fund")) else None


def _name_reason(name: object) -> str | None:
    if not isinstance(name, str):
        return None
    lowered = name.lower().strip()
    return _suspect_name_reason(lowered) if _SUSPECT.search(lowered) else None


@lru_cache(maxsize=8_192)
def _suspect_name_reason(name: str) -> str | None:
    for pattern, reason in (
        (_PREFERRED, "preferred share"),
        (_NOTE, "note or preferred share"),
        (_WARRANT, "warrant"),
        (_RIGHT, "right"),
        (_UNIT, "unit"),
        (_DEPOSITARY, "depositary receipt"),
        (_SHELL, "shell company"),
        (_FUND, "fund"),
    ):
        if pattern.search(name):
            return reason
    if _NUMBERED_SHELL.search(name) and not _LENDER.search(name):
        return "shell company"
    if _FUND_TRUST.search(name) and not _COMPANY_TRUST.search(name):
        return "fund"
    return None
