"""/track and the digest's monthly line: what followed alerts that were sent, beside what was shown. Telegram HTML."""

from __future__ import annotations

from html import escape

from alerts.metrics.catalog import UnknownMetric, number
from alerts.rules.base_rates import HORIZONS
from alerts.rules.check import RuleError
from alerts.rules.grammar import GrammarError, parse
from alerts.rules.track_record import Unknown, Verdict
from bot.brand import no_advice
from bot.formatting import share, short_day
from bot.messages.buttons import Buttons
from bot.reports.track_record import PresetTrack, TrackedAlert, TrackRecord, by_preset

PAGE = 8  # alerts, or presets, in a message
SIGNS = {
    Verdict.MISSED: "✗",
    Verdict.AS_SHOWN: "✓",
    Verdict.NOT_YET: "…",
    Verdict.NOT_KNOWN: "–",
    Verdict.NOTHING_SHOWN: "·",
}
NONE_SENT = "None of your alerts has fired so far. Each that fires is listed here with what followed it."
NONE_AT_ALL = "No ready-made alert has been sent to anybody so far."


def track_text(record: TrackRecord, start: int = 0) -> str:
    """A page of a chat's alerts, misses first, from number `start` on."""
    if not record.alerts:
        return NONE_SENT
    start = page_start(start, len(record.alerts))
    lines = [_head("Track record of your alerts", record, start, len(record.alerts)), f"{_judged(record)}."]
    for one in record.alerts[start : start + PAGE]:
        lines += ["", *_alert_lines(one)]
    return "\n".join([*lines, "", _foot(record)])


def presets_text(record: TrackRecord, start: int = 0) -> str:
    """A page of presets, over all chats, from number `start` on."""
    tracks = by_preset(record)
    if not tracks:
        return NONE_AT_ALL
    start = page_start(start, len(tracks))
    of_presets = record.only(one for one in record.alerts if one.alert.preset)
    head = _head("Track record of the ready-made alerts, all chats", of_presets, start, len(tracks))
    lines = [head, f"{_judged(of_presets)}."]
    for one in tracks[start : start + PAGE]:
        lines += ["", *_preset_lines(one)]
    return "\n".join([*lines, "", _foot(of_presets)])


def track_buttons(record: TrackRecord, start: int, *, presets: bool) -> Buttons:
    """The pages, and the way between one's own alerts and the presets over all chats."""
    count, page = (len(by_preset(record)), "presets") if presets else (len(record.alerts), "own")
    start = page_start(start, count)
    turn = [("‹ Page", f"track:{page}:{max(0, start - PAGE)}")] if start > 0 else []
    turn += [("Page ›", f"track:{page}:{start + PAGE}")] if start + PAGE < count else []
    other = ("My alerts' record", "track:own:0") if presets else ("Ready-made alerts, all chats", "track:presets:0")
    return [*([turn] if turn else []), [other]]


def page_start(start: int, count: int) -> int:
    """The first place of the page that `start` is on; of the last page where there are fewer than that."""
    return min(start, max(0, count - 1)) // PAGE * PAGE


def monthly_line(record: TrackRecord) -> str:
    """What a digest says of the track record, once a month; "" where no alert was sent."""
    if not record.alerts:
        return ""
    return f"<b>Track record</b>{' (simulated market)' if record.simulated else ''}: {_judged(record)}. /track"


def value_text(line: str | None, value: float | None) -> str:
    """The value with its unit; "" where it is missing, and of several conditions. Plain text."""
    if value is None or line is None:
        return ""
    try:
        rule = parse(line)
    except (GrammarError, RuleError, UnknownMetric):  # a list or series that is gone
        return number(value, 2)
    return "" if rule.joined or rule.first.series.happens else rule.first.series.of.show(value)


def lead_word(lead: float | Unknown) -> str:
    """The lead in pp with its sign, or why it is not known."""
    return lead.value if isinstance(lead, Unknown) else number(lead, 1, sign=True)


def _head(title: str, record: TrackRecord, start: int, count: int) -> str:
    pages = -(-count // PAGE)
    page = f", page {start // PAGE + 1} of {pages}" if pages > 1 else ""
    closes = f" · closes to {short_day(record.through)}" if record.through else " · no closes of IWM and SPY are held"
    return f"<b>{title}</b>{page}{closes}{' · simulated market' if record.simulated else ''}"


def _judged(record: TrackRecord) -> str:
    """3 alerts since 2 Oct 2024, 2 to be judged so far: 1 missed, 0.8 expected by the shares shown."""
    sent = len(record.alerts)
    said = f"{sent:,} alert{'s' if sent != 1 else ''}" + (f" since {short_day(record.since)}" if record.since else "")
    if not record.known:
        return (
            f"{said}, none old enough to judge yet" if _waits(record) else f"{said}, none with a base rate to judge by"
        )
    said += f", {record.known:,} to be judged so far: {record.missed:,} missed"
    if record.expected_misses is not None:
        said += f", {number(record.expected_misses, 1)} expected by the shares shown"
    return said


def _waits(record: TrackRecord) -> bool:
    return any(one.judged.verdict is Verdict.NOT_YET for one in record.alerts)


def _alert_lines(one: TrackedAlert) -> list[str]:
    alert = one.alert
    line = alert.line or alert.preset
    number_ = f" #{alert.number}" if alert.number is not None else ""
    value = value_text(line, alert.value)
    first = f"{SIGNS[one.judged.verdict]} {short_day(alert.session)}{number_} <code>{escape(line or '')}</code>"
    return [f"{first}: {escape(value)}" if value else first, f"    {_followed(one)}", f"    {escape(shown_text(one))}"]


def _followed(one: TrackedAlert) -> str:
    """After 21: +1.2 pp, 63: −3.4 pp, 126 and 252 not yet."""
    known, ahead = [], []
    for horizon, lead in zip(HORIZONS, one.followed, strict=True):
        if lead is Unknown.NOT_YET:
            ahead.append(str(horizon))
        elif isinstance(lead, Unknown):
            known.append(f"{horizon}: {lead.value}")
        else:
            bold = one.alert.shown is not None and horizon == one.alert.shown.horizon
            known.append(f"{horizon}: {'<b>' if bold else ''}{lead_word(lead)} pp{'</b>' if bold else ''}")
    if not known:
        return "Followed: not yet known"
    later = f"; {', '.join(ahead)} not yet" if ahead else ""
    return f"After {', '.join(known)}{later}"


def shown_text(one: TrackedAlert) -> str:
    """What the message showed: the median after earlier firings and after all days. Plain text."""
    shown = one.alert.shown
    if shown is None:
        return "Shown: no base rate"
    if shown.median is None:
        return f"Shown: {shown.n} earlier firing{'s' if shown.n != 1 else ''}, too few for a base rate"
    spread = "" if shown.above is None else f", above 0 after {share(shown.above)}"
    all_days = "" if shown.all_days is None else f", all days {number(shown.all_days, 1, sign=True)} pp"
    return (
        f"Shown: median {number(shown.median, 1, sign=True)} pp after {shown.horizon}, of {shown.n}{spread}{all_days}"
    )


def _preset_lines(one: PresetTrack) -> list[str]:
    medians = [
        f"{horizon}: {lead_word(found[0])} pp of {found[1]}"
        for horizon, found in zip(HORIZONS, one.medians, strict=True)
        if found is not None
    ]
    latest = max(one.record.alerts, key=lambda tracked: tracked.alert.session)
    return [
        f"<code>{escape(one.line)}</code>",
        f"    {_judged(one.record)}, last {short_day(latest.alert.session)}",
        f"    Median after {', '.join(medians)}" if medians else "    Followed: not yet known",
        f"    {escape(shown_text(latest))}{' (the last time)' if len(one.record.alerts) > 1 else ''}",
    ]


def legend(record: TrackRecord) -> str:
    """What the leads are, and what each sign says. Plain text."""
    far = " or ".join(map(str, record.horizons))
    market = " of a simulated market" if record.simulated else ""
    signs = {
        Verdict.MISSED: f"missed: after {far} sessions the other side of 0 than the median shown, or 0",
        Verdict.AS_SHOWN: "as shown: the same side",
        Verdict.NOT_YET: "not yet",
        Verdict.NOTHING_SHOWN: "no base rate shown",
        Verdict.NOT_KNOWN: "a close is missing",
    }
    return (
        f"IWM − SPY{market}, total return, sessions after the close of the alert. "
        f"{' '.join(f'{SIGNS[verdict]} {means}.' for verdict, means in signs.items())} "
        f"Alerts less than {far} sessions apart share part of their returns."
    )


def _foot(record: TrackRecord) -> str:
    return f"<i>{legend(record)} {no_advice()}</i>"
