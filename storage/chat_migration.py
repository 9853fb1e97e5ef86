"""Moves everything of a chat to a new id when a group becomes a supergroup."""

from __future__ import annotations

from datetime import datetime

from sqlite_utils import Database

from alerts.rules.state import Phase
from storage import owners, rules, webhook_posts
from storage.preferences import add_chat

_OVER = (Phase.DISARMED, Phase.EXPIRED)


def move_chat(db: Database, old: int, new: int) -> None:
    """Move everything stored for `old` to `new`, which may already exist. Call inside `writing()`.

    Nothing happens if nothing is stored for `old`: it was moved before, or erased. The new chat keeps what it has.
    Rules keep their numbers if these are free, otherwise they get the next numbers; of two live rules with the same
    line the older one stays, under the number that the new chat knows. A message about a session is kept even if the
    new chat has one about the same session.
    """
    one = db.conn.execute
    owners.move(db, old, new)
    created, there = (one("SELECT created_at FROM chats WHERE id = ?", [chat]).fetchone() for chat in (old, new))
    if created is None:
        return
    if there is None:
        add_chat(db, new, datetime.fromisoformat(created[0]))
        one(
            "UPDATE chats SET (muted, muted_until, quiet_from, quiet_to, zone, quiet_silent) = "
            "(SELECT muted, muted_until, quiet_from, quiet_to, zone, quiet_silent FROM chats WHERE id = ?) "
            "WHERE id = ?",
            [old, new],
        )
    one(
        "UPDATE chats SET subscribed_at = coalesce(subscribed_at, (SELECT subscribed_at FROM chats WHERE id = ?)) "
        "WHERE id = ?",
        [old, new],
    )
    doubled = _doubled(db, old, new)
    shift = one("SELECT last_rule FROM chats WHERE id = ?", [new]).fetchone()[0]
    # In descending order, so that no two rules have the same number in between.
    for identity, number in one("SELECT id, number FROM rules WHERE chat = ? ORDER BY number DESC", [old]).fetchall():
        moved = doubled.get(identity, number + shift)
        one("UPDATE rules SET chat = ?, number = ? WHERE id = ?", [new, moved, identity])
    one("UPDATE chats SET last_rule = last_rule + (SELECT last_rule FROM chats WHERE id = ?) WHERE id = ?", [old, new])
    one(
        """UPDATE outbox SET chat = ?, kind = CASE WHEN EXISTS (
               SELECT 1 FROM outbox AS there WHERE there.chat = ? AND there.session = outbox.session
               AND there.kind = outbox.kind) THEN kind || ' of ' || chat ELSE kind END WHERE chat = ?""",
        [new, new, old],
    )
    webhook_posts.move(db, old, new)
    for table in ("events", "snoozes", "drafts"):
        one(f"UPDATE {table} SET chat = ? WHERE chat = ?", [new, old])
    for table in ("groups", "managers", "managing"):
        one(f"UPDATE OR IGNORE {table} SET chat = ? WHERE chat = ?", [new, old])
    one("UPDATE moved_chats SET new = ? WHERE new = ?", [new, old])
    one("INSERT OR REPLACE INTO moved_chats (old, new) VALUES (?, ?)", [old, new])
    one("UPDATE OR IGNORE digests SET chat = ? WHERE chat = ?", [new, old])
    one("UPDATE OR IGNORE data_gaps SET chat = ? WHERE chat = ?", [new, old])
    one("UPDATE OR IGNORE track_chats SET chat = ? WHERE chat = ?", [new, old])
    one("UPDATE OR IGNORE admitted SET chat = ? WHERE chat = ?", [new, old])
    one("DELETE FROM admitted WHERE chat = ?", [old])
    # Undone later, a rule of the old chat stands after the numbers that the new chat has given already.
    one("UPDATE deleted_rules SET chat = ?, number = number + ? WHERE chat = ?", [new, shift, old])
    one("DELETE FROM chats WHERE id = ?", [old])


def _doubled(db: Database, old: int, new: int) -> dict[int, int]:
    """Delete live rules of `new` that `old` has too: {rule of `old`: the number of the deleted one}."""
    out: dict[int, int] = {}
    there = {watch.rule.line: watch for watch in rules.rules_of(db, new) if watch.state.phase not in _OVER}
    for watch in rules.rules_of(db, old):
        if watch.state.phase not in _OVER and (same := there.pop(watch.rule.line, None)) is not None:
            rules.delete_rule(db, new, same.id)
            out[watch.id] = same.number
    return out
