"""What `/export` gives of the track record: the chat's alerts with the value and the base rate of each."""

from __future__ import annotations

from sqlite_utils import Database
from support.sent_alerts import DAYS, OWN, PRESET, send

from storage.chat_export import export_chat

ADA, BEN = 1001, 1002


def test_each_alert_that_was_sent_has_its_value_and_base_rate(db: Database) -> None:
    send(db, ADA, PRESET, 10, 90)
    send(db, BEN, PRESET, 90, 130)
    send(db, BEN, OWN, 150, shown=None)
    kept = export_chat(db, ADA)
    alerts = {row["id"]: row for row in kept["track_record"]}
    assert [alerts[row["alert"]]["session"] for row in kept["track_chats"]] == [
        DAYS[10].isoformat(), DAYS[90].isoformat()
    ]  # fmt: skip
    assert len(alerts) == 2  # none that another chat alone was told of
    for row in alerts.values():
        assert (row["preset"], row["value"]) == (PRESET, 64.3)
        assert (row["horizon"], row["n"], row["median"], row["all_days"]) == (63, 12, 1.2, -0.4)
    assert str(BEN) not in str(kept)
    others = export_chat(db, BEN)["track_record"]
    assert [row["median"] for row in others if row["preset"] is None] == [None]
    assert "track_record" not in export_chat(db, 1003)
