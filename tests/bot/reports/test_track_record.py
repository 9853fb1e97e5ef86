"""What followed the alerts that were sent: misses first, by the closes that are held now."""

from __future__ import annotations

import pytest
from sqlite_utils import Database
from support.sent_alerts import DAYS, OWN, PRESET, SHOWN, TOP, a_year, hold_closes, send

from alerts.market.sessions import close_of
from alerts.rules.event import LeadAfterFirings
from alerts.rules.track_record import Verdict
from bot.emulator.api.entities import parse_html
from bot.formatting import short_day, visible_length
from bot.messages.track_record import NONE_AT_ALL, NONE_SENT, monthly_line, presets_text, track_buttons, track_text
from bot.reports.track_record import by_preset, track_json, track_of_all, track_of_chat
from storage import chats
from storage.database import claim_market, writing
from storage.fund_closes import day_number

ADA, BEN = 1001, 1002


def iwm(at: int) -> float:
    return 100.0 + 0.1 * (TOP - abs(TOP - at))


def test_misses_come_first_and_the_largest_before_all(db: Database) -> None:
    a_year(db, ADA, BEN)
    record = track_of_chat(db, ADA)
    assert [(one.judged.verdict, DAYS.index(one.alert.session)) for one in record.alerts] == [
        (Verdict.MISSED, 150), (Verdict.MISSED, 130), (Verdict.MISSED, 90),
        (Verdict.AS_SHOWN, 20), (Verdict.AS_SHOWN, 10), (Verdict.NOT_YET, 200),
    ]  # fmt: skip
    worst = record.alerts[0]
    assert worst.followed[1] == pytest.approx(100 * (iwm(213) / iwm(150) - 1))
    assert (record.known, record.missed, record.expected_misses) == (5, 3, 5 * 0.25)
    assert (record.since, record.through) == (DAYS[10], DAYS[-1])


def test_a_correction_of_closes_corrects_the_record(db: Database) -> None:
    a_year(db, ADA, BEN)
    assert track_of_chat(db, ADA).alerts[0].alert.session == DAYS[150]
    with writing(db):  # 63 sessions after it
        db.conn.execute(
            "UPDATE fund_closes SET adjusted = 115 WHERE symbol = 'IWM' AND day = ?", [day_number(DAYS[213])]
        )
    record = track_of_chat(db, ADA)
    assert record.missed == 2
    assert {one.alert.session: one.judged.verdict for one in record.alerts}[DAYS[150]] is Verdict.AS_SHOWN


def test_all_chats_together_name_none_and_count_a_preset_once_a_session(db: Database) -> None:
    a_year(db, ADA, BEN)
    record = track_of_all(db)
    told = track_json(record)
    assert [one["session"] for one in told["alerts"] if one["preset"]].count(DAYS[90].isoformat()) == 1
    assert all("line" not in one for one in told["alerts"])
    assert OWN not in str(told)
    (preset,) = by_preset(record)
    assert (preset.line, len(preset.record.alerts), preset.record.known, preset.record.missed) == (PRESET, 4, 3, 2)
    after = [100 * (iwm(at + 21) / iwm(at) - 1) for at in (10, 90, 130, 200)]
    assert preset.medians[0] == (pytest.approx(sorted(after)[1] / 2 + sorted(after)[2] / 2), 4)
    assert preset.medians[3] is None
    assert told["presets"][0]["followed"]["252"] == {"median": None, "n": 0}


def test_an_erased_chat_leaves_the_record_of_all_as_it_was(db: Database) -> None:
    a_year(db, ADA, BEN)
    before = track_json(track_of_all(db))
    with writing(db):
        chats.forget(db, ADA)
        chats.forget(db, BEN)
    assert track_json(track_of_all(db)) == before
    assert track_of_chat(db, ADA).alerts == ()


def test_the_answer_says_what_followed_beside_what_was_shown(db: Database) -> None:
    a_year(db, ADA, BEN)
    text = track_text(track_of_chat(db, ADA))
    parse_html(text)
    lead = 100 * (iwm(213) / iwm(150) - 1)
    assert "6 alerts since 2 Oct 2024, 5 to be judged so far: 3 missed, 1.2 expected by the shares shown." in text
    first = text.split("\n\n")[1].splitlines()
    assert first[0] == f"✗ {short_day(DAYS[150])} #2 <code>{OWN.replace('>', '&gt;')}</code>: 64.3 %"
    assert f"63: <b>−{-lead:.1f} pp</b>" in first[1]
    assert first[1].endswith("; 126, 252 not yet")
    assert first[2].strip() == "Shown: median +1.2 pp after 63, of 12, above 0 after 75 %, all days −0.4 pp"
    assert "Shown: no base rate" in track_text(track_of_chat(db, BEN))
    shown = presets_text(track_of_all(db))
    parse_html(shown)
    assert "4 alerts since 2 Oct 2024, 3 to be judged so far: 2 missed, 0.8 expected" in shown
    assert OWN not in shown


def test_the_foot_says_what_the_signs_mean_at_the_horizons_shown(db: Database) -> None:
    hold_closes(db)
    send(db, ADA, PRESET, 10)
    assert "✗ missed: after 63 sessions the other side of 0 than the median shown, or 0." in track_text(
        track_of_chat(db, ADA)
    )
    send(db, ADA, OWN, 20, shown=LeadAfterFirings(21, 12, -1.0, -0.4, 0.25, -6.1))
    record = track_of_chat(db, ADA)
    assert record.horizons == (21, 63)
    assert "✗ missed: after 21 or 63 sessions the other side" in track_text(record)
    assert "after 63 sessions the other side" in presets_text(record)  # the preset's alone


def test_leads_of_the_simulated_market_say_so(db: Database) -> None:
    a_year(db, ADA, BEN)
    record = track_of_all(db)
    assert "imulated" not in track_text(record) + presets_text(record) + monthly_line(record)
    assert track_json(record)["simulated"] is False
    claim_market(db, "sample", close_of(DAYS[0]))
    record = track_of_all(db)
    for text in (track_text(record), presets_text(record)):
        assert text.splitlines()[0].endswith(" · simulated market")
        assert "<i>IWM − SPY of a simulated market, total return" in text
    assert monthly_line(record).startswith("<b>Track record</b> (simulated market): ")
    assert monthly_line(track_of_chat(db, ADA)).startswith("<b>Track record</b> (simulated market): ")
    assert track_json(record)["simulated"] is True


def test_a_long_record_has_pages_that_telegram_takes(db: Database) -> None:
    hold_closes(db)
    send(db, ADA, PRESET, *range(0, 250, 12))
    record = track_of_chat(db, ADA)
    assert len(record.alerts) == 21
    for start, turns in ((0, ["Page ›"]), (8, ["‹ Page", "Page ›"]), (16, ["‹ Page"])):
        assert visible_length(track_text(record, start)) < 4096
        turn, (other,) = track_buttons(record, start, presets=False)
        assert [text for text, _ in turn] == turns
        assert other[1] == "track:presets:0"
    assert "page 3 of 3" in track_text(record, 16)


def test_it_says_so_where_there_is_nothing_yet(db: Database) -> None:
    assert track_text(track_of_chat(db, ADA)) == NONE_SENT
    assert presets_text(track_of_all(db)) == NONE_AT_ALL
    assert monthly_line(track_of_chat(db, ADA)) == ""
    send(db, ADA, PRESET, 240)
    record = track_of_chat(db, ADA)
    assert "no closes of IWM and SPY are held" in track_text(record)
    assert (
        monthly_line(record)
        == f"<b>Track record</b>: 1 alert since {short_day(DAYS[240])}, none old enough to judge yet. /track"
    )
    hold_closes(db, DAYS[:245])
    assert "21, 63, 126, 252 not yet" not in (text := track_text(track_of_chat(db, ADA)))
    assert "Followed: not yet known" in text
    send(db, BEN, OWN, 10, shown=None)
    assert "none with a base rate to judge by" in track_text(track_of_chat(db, BEN))
    assert SHOWN.n == 12
