"""A group that became a supergroup: everything of the old chat belongs to the new one from here on."""

from __future__ import annotations

from sqlite_utils import Database


def move_chat(db: Database, old: int, new: int) -> None:
    """Move all that is kept of `old` to `new`, which may be known already. Call inside `writing()`.

    What the new chat has stays as it is. Rules keep their numbers where those are free there, else they follow the last
    one; a message about a session that the new chat was told of as well stands beside that.
    """
    one = db.conn.execute
    one(
        "INSERT OR IGNORE INTO chats (id, created_at, last_rule, muted, quiet_from, quiet_to, zone, quiet_silent) "
        "SELECT ?, created_at, 0, muted, quiet_from, quiet_to, zone, quiet_silent FROM chats WHERE id = ?",
        [new, old],
    )
    one(
        "UPDATE chats SET subscribed_at = coalesce(subscribed_at, (SELECT subscribed_at FROM chats WHERE id = ?)) "
        "WHERE id = ?",
        [old, new],
    )
    shift = one("SELECT last_rule FROM chats WHERE id = ?", [new]).fetchone()[0]
    # Downwards, so that no two of them have one number on the way.
    for (number,) in one("SELECT number FROM rules WHERE chat = ? ORDER BY number DESC", [old]).fetchall():
        one("UPDATE rules SET chat = ?, number = ? WHERE chat = ? AND number = ?", [new, number + shift, old, number])
    one("UPDATE chats SET last_rule = last_rule + (SELECT last_rule FROM chats WHERE id = ?) WHERE id = ?", [old, new])
    one(
        """UPDATE outbox SET chat = ?, kind = CASE WHEN EXISTS (
               SELECT 1 FROM outbox AS there WHERE there.chat = ? AND there.session = outbox.session
               AND there.kind = outbox.kind) THEN kind || ' of ' || chat ELSE kind END WHERE chat = ?""",
        [new, new, old],
    )
    for table in ("events", "snoozes", "drafts"):
        one(f"UPDATE {table} SET chat = ? WHERE chat = ?", [new, old])
    one("UPDATE OR IGNORE silences SET chat = ? WHERE chat = ?", [new, old])
    one("DELETE FROM chats WHERE id = ?", [old])
