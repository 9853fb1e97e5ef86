"""`chats` and `alerts`: numbers, rules and dates."""

from __future__ import annotations

import json
from datetime import UTC, datetime

from support.program import Program

from alerts.rules.grammar import parse
from storage import chats, outbox, rules
from storage.database import claim_market, open_database, writing

NOW = datetime(2025, 8, 22, 21, tzinfo=UTC)


def test_who_is_subscribed_which_rules_and_last_told(program: Program) -> None:
    db = open_database(program.folder / "rotation.db")
    claim_market(db, "sample", NOW)
    with writing(db):
        chats.subscribe(db, 11, NOW)
        chats.subscribe(db, 12, NOW)
        chats.unsubscribe(db, 12, NOW, "the bot is kicked there")
        rules.add_rule(db, 11, parse("small above 200d > 60"), [], NOW)
        outbox.tell_operators(db, [11], "notice", "hello", NOW)
        outbox.mark_sent(db, [outbox.Sent(1, 7)], NOW)
    db.close()
    told = program.run("chats").stdout.splitlines()
    assert told == [
        "11  subscribed; 1 alerts; last sent to: 2025-08-22 21:00 UTC",
        "12  not subscribed (the bot is kicked there); 0 alerts; last sent to: never",
        "2 chats, 1 subscribed.",
    ]
    assert [one["chat"] for one in json.loads(program.run("chats", "--json").stdout)] == [11, 12]
    rows = json.loads(program.run("alerts", "11", "--json").stdout)
    assert rows == [{"number": 1, "rule": "small above 200d > 60", "last_fired": None}]
