"""The schema: one decorated function for each change, applied in order and recorded in the file.

Sessions are ISO dates, except in the tables of closes, where a day number (days since 1970-01-01) keeps a row at about
34 bytes. Closes of companies are whole millionths of a dollar, so that a close compares exactly with its average.
"""

from __future__ import annotations

import json
import re

from sqlite_utils import Database
from sqlite_utils.migrations import Migrations

from storage.chain import append_start

migrations = Migrations("rotation-alerts")


@migrations()
def market(db: Database) -> None:
    """Tables of fetched data, and of figures computed from it."""
    for statement in (
        # Which market the file holds: simulated and real figures never share one.
        """CREATE TABLE origin (
            only INTEGER PRIMARY KEY CHECK (only = 1),
            market TEXT NOT NULL,
            created_at TEXT NOT NULL
        )""",
        """CREATE TABLE companies (
            id INTEGER PRIMARY KEY,
            symbol TEXT NOT NULL UNIQUE,
            name TEXT NOT NULL,
            first_trade TEXT,
            shares REAL,            -- of all classes, by the latest census
            history_from TEXT,      -- closes were downloaded from this session on
            last_census TEXT NOT NULL
        )""",
        """CREATE TABLE reconstitutions (
            year INTEGER PRIMARY KEY,
            ranked_on TEXT NOT NULL,
            in_force TEXT NOT NULL,
            provisional INTEGER NOT NULL  -- ranked by a census, because the closes of the rank day were not there
        )""",
        """CREATE TABLE memberships (
            year INTEGER NOT NULL REFERENCES reconstitutions ON DELETE CASCADE,
            company INTEGER NOT NULL REFERENCES companies,
            rank INTEGER NOT NULL,
            segment TEXT NOT NULL,
            market_value REAL NOT NULL,
            PRIMARY KEY (year, company)
        ) WITHOUT ROWID""",
        """CREATE TABLE closes (
            day INTEGER NOT NULL,
            company INTEGER NOT NULL REFERENCES companies,
            close INTEGER NOT NULL,
            PRIMARY KEY (day, company)
        ) WITHOUT ROWID""",
        """CREATE TABLE fund_closes (
            symbol TEXT NOT NULL,
            day INTEGER NOT NULL,
            close REAL NOT NULL,
            adjusted REAL NOT NULL,
            PRIMARY KEY (symbol, day)
        ) WITHOUT ROWID""",
        """CREATE TABLE sessions (
            session TEXT PRIMARY KEY,
            gathered_at TEXT NOT NULL,
            sealed_at TEXT,           -- once set, the session's rules have run
            lacking TEXT              -- what was not to be had, in words
        ) WITHOUT ROWID""",
        """CREATE TABLE figures (
            metric TEXT NOT NULL,
            session TEXT NOT NULL,
            value REAL,
            coverage REAL,
            eligible INTEGER,
            members INTEGER,
            source TEXT NOT NULL,
            reason TEXT,              -- why there is no value
            backfilled INTEGER NOT NULL,
            fetched_at TEXT NOT NULL,
            PRIMARY KEY (metric, session),
            CHECK ((value IS NULL) = (reason IS NOT NULL))
        ) WITHOUT ROWID""",
        "CREATE INDEX figures_by_session ON figures (session)",
    ):
        db.conn.execute(statement)


@migrations()
def people(db: Database) -> None:
    """Tables of chats, their rules, events and the outbox."""
    for statement in (
        """CREATE TABLE chats (
            id INTEGER PRIMARY KEY,
            created_at TEXT NOT NULL,
            subscribed_at TEXT,
            ended_at TEXT,
            ended_why TEXT,
            last_rule INTEGER NOT NULL DEFAULT 0   -- the last number given: none is given twice
        )""",
        """CREATE TABLE rules (
            id INTEGER PRIMARY KEY AUTOINCREMENT,  -- never reused: buttons of deleted rules stay about
            chat INTEGER NOT NULL REFERENCES chats ON DELETE CASCADE,
            number INTEGER NOT NULL,         -- what the chat calls it
            series TEXT NOT NULL,
            operator TEXT NOT NULL,
            level REAL NOT NULL,
            hold INTEGER NOT NULL,
            repeat TEXT NOT NULL,
            created_at TEXT NOT NULL,
            created_session TEXT,            -- the last session known when it was made
            disarmed_session TEXT,           -- a rule that fires once has fired
            UNIQUE (chat, number)
        )""",
        # What moves, apart from what is written once. A row waits for one value: `sign` +1 for a value above (or, with
        # `strict` 0, at) the level, -1 the same with value and level negated. Clustered so that the rules a move
        # touches are one range; `level` is negated with sign -1.
        """CREATE TABLE watches (
            series TEXT NOT NULL,
            sign INTEGER NOT NULL,
            strict INTEGER NOT NULL,
            level REAL NOT NULL,
            rule INTEGER NOT NULL,           -- storage/rules.py deletes it with its rule: a cascade would scan
            phase TEXT NOT NULL,
            since TEXT,
            due INTEGER,                     -- the observation number at which a pending rule fires
            announced INTEGER NOT NULL,
            PRIMARY KEY (series, sign, strict, level, rule)
        ) WITHOUT ROWID""",
        "CREATE INDEX watches_due ON watches (series, due) WHERE due IS NOT NULL",
        """CREATE TABLE observations (
            series TEXT PRIMARY KEY,
            session TEXT NOT NULL,           -- the last session evaluated
            number INTEGER NOT NULL,         -- of non-missing observations so far
            value REAL,                      -- the last that was not missing
            missing INTEGER NOT NULL         -- how many in a row were missing
        ) WITHOUT ROWID""",
        """CREATE TABLE events (
            id INTEGER PRIMARY KEY,
            rule INTEGER REFERENCES rules ON DELETE SET NULL,
            chat INTEGER NOT NULL REFERENCES chats ON DELETE CASCADE,
            session TEXT NOT NULL,
            kind TEXT NOT NULL,
            told TEXT NOT NULL,              -- what a message needs to say it, as JSON
            created_at TEXT NOT NULL,
            UNIQUE (rule, session, kind)
        )""",
        "CREATE INDEX events_by_chat ON events (chat, session)",
        """CREATE TABLE outbox (
            id INTEGER PRIMARY KEY,
            chat INTEGER NOT NULL REFERENCES chats ON DELETE CASCADE,
            session TEXT NOT NULL,
            kind TEXT NOT NULL,
            part INTEGER NOT NULL,
            events TEXT NOT NULL,            -- ids, as a JSON list
            text TEXT NOT NULL,
            state TEXT NOT NULL CHECK (state IN ('pending', 'sending', 'sent', 'unknown', 'failed', 'withdrawn')),
            attempts INTEGER NOT NULL DEFAULT 0,
            not_before TEXT,
            maybe_repeat INTEGER NOT NULL DEFAULT 0,
            message_id INTEGER,
            error TEXT,
            created_at TEXT NOT NULL,
            sent_at TEXT,
            UNIQUE (chat, session, kind, part)
        )""",
        "CREATE INDEX outbox_due ON outbox (id) WHERE state IN ('pending', 'sending', 'unknown')",
        """CREATE TABLE pictures (
            key TEXT PRIMARY KEY,
            file_id TEXT NOT NULL,
            created_at TEXT NOT NULL
        ) WITHOUT ROWID""",
    ):
        db.conn.execute(statement)


@migrations()
def delivery(db: Database) -> None:
    """Replies, operators' notices, updates that were handled, and indexes for claiming many at a time."""
    for statement in (
        "ALTER TABLE outbox ADD COLUMN reply_to INTEGER",  # a message id in the chat
        "DROP INDEX outbox_due",
        "CREATE INDEX outbox_open ON outbox (chat, id) WHERE state IN ('pending', 'sending', 'unknown')",
        "CREATE INDEX outbox_fresh ON outbox (id) WHERE state = 'pending' AND not_before IS NULL",
        """CREATE INDEX outbox_again ON outbox (not_before)
           WHERE state IN ('pending', 'unknown') AND not_before IS NOT NULL""",
        "CREATE INDEX outbox_sending ON outbox (id) WHERE state = 'sending'",
        """CREATE TABLE handled_updates (
            id INTEGER PRIMARY KEY,
            handled_at TEXT NOT NULL
        )""",
    ):
        db.conn.execute(statement)


@migrations()
def revision(db: Database) -> None:
    """A revision number that rises with every change of figures; results cached for an older one are stale."""
    db.conn.execute("CREATE TABLE revision (only INTEGER PRIMARY KEY CHECK (only = 1), number INTEGER NOT NULL)")
    db.conn.execute("INSERT INTO revision (only, number) VALUES (1, 0)")


@migrations()
def market_data(db: Database) -> None:
    """What was left out and why, what is not working, economic series, a day's advances, and imported series."""
    for statement in (
        # Lines of a census that are no companies: one row a stretch of censuses with the same reason.
        """CREATE TABLE exclusions (
            symbol TEXT NOT NULL,
            since TEXT NOT NULL,
            until TEXT NOT NULL,             -- the last census that had it so
            name TEXT,
            reason TEXT NOT NULL,
            PRIMARY KEY (symbol, since)
        ) WITHOUT ROWID""",
        "CREATE INDEX exclusions_until ON exclusions (until)",
        """CREATE TABLE censuses (
            session TEXT PRIMARY KEY,
            lines INTEGER NOT NULL,
            companies INTEGER NOT NULL,
            fetched_at TEXT NOT NULL
        ) WITHOUT ROWID""",
        # Closes that were not believed. A row goes when a later answer for its session is believed.
        """CREATE TABLE held_back (
            symbol TEXT NOT NULL,
            session TEXT NOT NULL,
            reason TEXT NOT NULL,
            noted_at TEXT NOT NULL,
            PRIMARY KEY (symbol, session)
        ) WITHOUT ROWID""",
        """CREATE TABLE troubles (
            source TEXT PRIMARY KEY,
            since TEXT NOT NULL,
            why TEXT NOT NULL
        ) WITHOUT ROWID""",
        """CREATE TABLE economic (
            series TEXT NOT NULL,
            day TEXT NOT NULL,               -- the date of the observation
            value REAL NOT NULL,
            fetched_at TEXT NOT NULL,        -- when this value was first seen
            PRIMARY KEY (series, day)
        ) WITHOUT ROWID""",
        """CREATE TABLE contracts (
            month TEXT NOT NULL,             -- of delivery, "2025-09"
            day INTEGER NOT NULL,
            close REAL NOT NULL,
            PRIMARY KEY (month, day)
        ) WITHOUT ROWID""",
        # What path-dependent figures are computed from, so that a backfill and a day's refresh agree.
        """CREATE TABLE advances (
            segment TEXT NOT NULL,
            day INTEGER NOT NULL,
            advances INTEGER NOT NULL,
            declines INTEGER NOT NULL,
            eligible INTEGER NOT NULL,
            members INTEGER NOT NULL,
            PRIMARY KEY (segment, day)
        ) WITHOUT ROWID""",
        # A figure that changed after its session was judged: what it was then.
        "ALTER TABLE figures ADD COLUMN corrected_at TEXT",
        "ALTER TABLE figures ADD COLUMN was REAL",
        """CREATE TABLE imports (
            name TEXT PRIMARY KEY,           -- import.NAME
            file TEXT NOT NULL,
            rows INTEGER NOT NULL,
            imported_at TEXT NOT NULL
        ) WITHOUT ROWID""",
    ):
        db.conn.execute(statement)


@migrations()
def buttons_and_silence(db: Database) -> None:
    """Buttons under what is pushed, and messages that arrive without a sound."""
    db.conn.execute("ALTER TABLE outbox ADD COLUMN keyboard TEXT")  # as Telegram's JSON
    db.conn.execute("ALTER TABLE outbox ADD COLUMN silent INTEGER NOT NULL DEFAULT 0")


@migrations()
def rules_in_full(db: Database) -> None:
    """Ranges, clear levels, keeping, reminders, last sessions and joined conditions; data that stay away."""
    for statement in (
        "ALTER TABLE rules ADD COLUMN upper REAL",                        # the other end of a range
        "ALTER TABLE rules ADD COLUMN clear REAL",
        "ALTER TABLE rules ADD COLUMN keep INTEGER NOT NULL DEFAULT 0",
        "ALTER TABLE rules ADD COLUMN remind INTEGER NOT NULL DEFAULT 0",  # 0: never
        "ALTER TABLE rules ADD COLUMN until TEXT",                        # the last session it is for
        "ALTER TABLE rules ADD COLUMN expired INTEGER NOT NULL DEFAULT 0",  # at disarmed_session, its time was over
        "CREATE INDEX rules_until ON rules (until) WHERE until IS NOT NULL AND disarmed_session IS NULL",
        "ALTER TABLE watches ADD COLUMN told INTEGER",                    # observation of an episode's last message
        "ALTER TABLE watches ADD COLUMN side INTEGER",                    # of a range: the last value's position
        "ALTER TABLE events ADD COLUMN series TEXT",                      # of what has no rule: whose data are missing
        # Chats that were told that a series has no data, and not yet that its data are back.
        """CREATE TABLE silences (
            series TEXT NOT NULL,
            chat INTEGER NOT NULL REFERENCES chats ON DELETE CASCADE,
            since TEXT NOT NULL,             -- the session it was told of
            PRIMARY KEY (series, chat)
        ) WITHOUT ROWID""",
        "CREATE INDEX silences_by_chat ON silences (chat)",
    ):  # fmt: skip
        db.conn.execute(statement)


@migrations()
def month_valuations(db: Database) -> None:
    """Valuation measures at the end of months, and who was asked for them when."""
    for statement in (
        """CREATE TABLE month_valuations (
            month TEXT NOT NULL,             -- "2025-08"
            company INTEGER NOT NULL REFERENCES companies,
            market_value REAL,
            forward_pe REAL,
            PRIMARY KEY (month, company)
        ) WITHOUT ROWID""",
        """CREATE TABLE month_valuations_asked (
            company INTEGER PRIMARY KEY REFERENCES companies,
            asked_at TEXT NOT NULL
        ) WITHOUT ROWID""",
    ):
        db.conn.execute(statement)


@migrations()
def hearing(db: Database) -> None:
    """What a chat wants to hear when, what became of each event, and lines that wait to be saved."""
    for statement in (
        "ALTER TABLE chats ADD COLUMN muted INTEGER NOT NULL DEFAULT 0",
        "ALTER TABLE chats ADD COLUMN quiet_from TEXT",                   # "22:00", by the clocks of `zone`
        "ALTER TABLE chats ADD COLUMN quiet_to TEXT",
        "ALTER TABLE chats ADD COLUMN zone TEXT",
        "ALTER TABLE chats ADD COLUMN quiet_silent INTEGER NOT NULL DEFAULT 0",  # sent without a sound, not held
        # Whether an event was told or held, or why it was suppressed; NULL while it waits for a later session.
        "ALTER TABLE events ADD COLUMN said TEXT DEFAULT 'told'",
        "CREATE INDEX events_waiting ON events (chat) WHERE said IS NULL",
        """CREATE TABLE snoozes (
            rule INTEGER PRIMARY KEY REFERENCES rules ON DELETE CASCADE,
            chat INTEGER NOT NULL,
            through TEXT                     -- the last session it is silent on; NULL: until it resolves
        )""",
        # Lines that do not fit into a button, for as long as the button may be pressed.
        """CREATE TABLE drafts (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            chat INTEGER NOT NULL,
            line TEXT NOT NULL,
            replaces INTEGER,                -- the rule that it is to be written over
            created_at TEXT NOT NULL
        )""",
        "CREATE INDEX drafts_by_chat ON drafts (chat)",
    ):  # fmt: skip
        db.conn.execute(statement)


@migrations()
def bot_of_the_file(db: Database) -> None:
    """Which bot the chats belong to: Telegram's id of it."""
    db.conn.execute("ALTER TABLE origin ADD COLUMN bot INTEGER")


#: Notes as they used to stand behind a source's name, and nothing that a file's name may look like.
_NOTES = re.compile(r"(?:, (?:of \d{4}-\d\d-\d\d|census averages for \d+|provisional members|surviving companies))+$")


@migrations()
def notes_of_figures(db: Database) -> None:
    """A figure's notes and its observation's date in columns of their own; they were written behind the source."""
    db.conn.execute("ALTER TABLE figures ADD COLUMN notes TEXT NOT NULL DEFAULT '[]'")  # a JSON list
    db.conn.execute("ALTER TABLE figures ADD COLUMN observed TEXT")  # the observation's own date
    for (source,) in db.conn.execute("SELECT DISTINCT source FROM figures WHERE source LIKE '%, %'").fetchall():
        if found := _NOTES.search(source):
            words = found[0].removeprefix(", ").split(", ")
            observed = next((word.removeprefix("of ") for word in words if word.startswith("of ")), None)
            notes = json.dumps([word for word in words if not word.startswith("of ")])
            db.conn.execute(
                "UPDATE figures SET source = ?, notes = ?, observed = ? WHERE source = ?",
                [source[: found.start()], notes, observed, source],
            )


@migrations()
def event_status(db: Database) -> None:
    """What became of an event by name, never NULL; and the columns of events by what they hold."""
    for statement in (
        "DROP INDEX events_waiting",
        # "waiting": for the session that is caught up with. The names stand in alerts/rules/event.py.
        "ALTER TABLE events ADD COLUMN status TEXT NOT NULL DEFAULT 'notified'",
        "UPDATE events SET status = coalesce(said, 'waiting') WHERE said IS NOT 'told'",
        "ALTER TABLE events DROP COLUMN said",
        "ALTER TABLE events RENAME COLUMN told TO event",
        "CREATE INDEX events_waiting ON events (chat) WHERE status = 'waiting'",
    ):
        db.conn.execute(statement)


@migrations()
def tables_named_by_content(db: Database) -> None:
    """`troubles`, `silences` and `pictures` take the names of what they hold."""
    for statement in (
        "ALTER TABLE troubles RENAME TO source_failures",
        "ALTER TABLE silences RENAME TO data_gaps",
        "DROP INDEX silences_by_chat",
        "CREATE INDEX data_gaps_by_chat ON data_gaps (chat)",
        "ALTER TABLE pictures RENAME TO file_ids",
    ):
        db.conn.execute(statement)


@migrations()
def import_lags(db: Database) -> None:
    """After how many days an observation of an imported series is known; NULL: nobody said."""
    db.conn.execute("ALTER TABLE imports ADD COLUMN lag INTEGER")


@migrations()
def digests_by_due_time(db: Database) -> None:
    """Digests: when a chat wants one, of which families, when the next is due, and what the last one reached."""
    for statement in (
        """CREATE TABLE digests (
            chat INTEGER PRIMARY KEY REFERENCES chats ON DELETE CASCADE,
            days TEXT NOT NULL,              -- of the week, a JSON list of 0 Monday to 6 Sunday
            at TEXT NOT NULL,                -- local time
            zone TEXT NOT NULL,
            families TEXT NOT NULL,          -- a JSON list of ids
            due_at TEXT NOT NULL,            -- UTC
            reached TEXT                     -- the session of the last digest, NULL before the first
        )""",
        "CREATE INDEX digests_due ON digests (due_at)",
    ):
        db.conn.execute(statement)


@migrations()
def price_of_rsp(db: Database) -> None:
    """RSP's price becomes a figure: its history from the closes held, and `price.RSP` for `fund.rsp` in stored keys."""
    db.conn.execute(
        """INSERT INTO figures (metric, session, value, coverage, eligible, members, source, reason, backfilled,
                                fetched_at)
           SELECT 'price.RSP', held.session, rsp.close, rsp.close IS NOT NULL, rsp.close IS NOT NULL, 1,
               coalesce(beside.source, latest.source), CASE WHEN rsp.close IS NULL THEN 'no close of RSP' END, 1,
               coalesce(beside.fetched_at, latest.fetched_at)
           FROM (SELECT day, date(day * 86400, 'unixepoch') AS session FROM fund_closes WHERE symbol = 'SPY') AS held
           JOIN (SELECT session, source, fetched_at FROM figures WHERE metric = 'size.ratio'
                 ORDER BY session DESC LIMIT 1) AS latest ON held.session <= latest.session
           LEFT JOIN fund_closes AS rsp ON rsp.symbol = 'RSP' AND rsp.day = held.day
           LEFT JOIN figures AS beside ON beside.metric = 'size.ratio' AND beside.session = held.session"""
    )
    old = "series BETWEEN 'fund.rsp' AND 'fund.rsp~'"
    for table in ("rules", "watches", "observations", "data_gaps", "events"):
        db.conn.execute(f"UPDATE {table} SET series = 'price.RSP' || substr(series, 9) WHERE {old}")
    db.conn.execute(
        """UPDATE events SET event = replace(event, '"fund.rsp', '"price.RSP') WHERE event LIKE '%"fund.rsp%'"""
    )


@migrations()
def half_yearly_ranks(db: Database) -> None:
    """Ranks by season ("2025-04", the month of the rank day), not by year; who left, was renamed, or arrived large."""
    for statement in (
        """CREATE TABLE seasons_ranked (
            season TEXT PRIMARY KEY,
            ranked_on TEXT NOT NULL,
            in_force TEXT NOT NULL,
            provisional INTEGER NOT NULL, -- ranked by a census, because the closes of the rank day were not there
            rank_days INTEGER NOT NULL    -- whose closes the bands look back to, its own included
        ) WITHOUT ROWID""",
        """CREATE TABLE season_members (
            season TEXT NOT NULL REFERENCES seasons_ranked ON DELETE CASCADE,
            company INTEGER NOT NULL REFERENCES companies,
            rank INTEGER NOT NULL,
            segment TEXT NOT NULL,
            market_value REAL NOT NULL,
            PRIMARY KEY (season, company)
        ) WITHOUT ROWID""",
        "INSERT INTO seasons_ranked SELECT year || '-04', ranked_on, in_force, provisional, 1 FROM reconstitutions",
        "INSERT INTO season_members SELECT year || '-04', company, rank, segment, market_value FROM memberships",
        "DROP TABLE memberships",
        "DROP TABLE reconstitutions",
        "ALTER TABLE seasons_ranked RENAME TO reconstitutions",
        "ALTER TABLE season_members RENAME TO memberships",
        """CREATE TABLE departures (
            company INTEGER NOT NULL REFERENCES companies,
            gone_from TEXT NOT NULL,      -- the first session on which it is no member
            back_on TEXT,                 -- the first on which it is one again
            reason TEXT NOT NULL,
            PRIMARY KEY (company, gone_from)
        ) WITHOUT ROWID""",
        """CREATE TABLE fast_entries (
            company INTEGER PRIMARY KEY REFERENCES companies,
            listed TEXT NOT NULL,
            enters TEXT NOT NULL,
            rank INTEGER NOT NULL,
            market_value REAL NOT NULL
        )""",
        """CREATE TABLE renames (
            company INTEGER NOT NULL REFERENCES companies,
            session TEXT NOT NULL,        -- whose census had the new symbol first
            former TEXT NOT NULL,
            symbol TEXT NOT NULL,
            PRIMARY KEY (company, session)
        ) WITHOUT ROWID""",
    ):
        db.conn.execute(statement)


@migrations()
def waiting_updates(db: Database) -> None:
    """Updates that were accepted and not answered yet: confirmed to Telegram, they live here alone."""
    db.conn.execute(
        """CREATE TABLE waiting_updates (
            id INTEGER PRIMARY KEY,
            chat INTEGER,                    -- NULL: it comes from none
            content TEXT NOT NULL,           -- its JSON
            received_at TEXT NOT NULL
        )"""
    )
    db.conn.execute("CREATE INDEX waiting_updates_by_chat ON waiting_updates (chat)")


@migrations()
def rule_states_since_at_least(db: Database) -> None:
    """Whether a rule's state may have begun before `since`, the first session of its history."""
    db.conn.execute("ALTER TABLE watches ADD COLUMN at_least INTEGER NOT NULL DEFAULT 0")


@migrations()
def ids_never_given_twice(db: Database) -> None:
    """Ids of events and of the outbox are not given again after their rows were erased.

    An answer of Telegram that comes after its chat was erased, and a button under an old message, carry such an id:
    given again, it would name somebody else's row.
    """
    for table in ("events", "outbox"):
        schema = db[table].schema
        indexes = [sql for (sql,) in db.conn.execute(
            "SELECT sql FROM sqlite_master WHERE type = 'index' AND tbl_name = ? AND sql IS NOT NULL", [table]
        )]  # fmt: skip
        columns = ", ".join(column.name for column in db[table].columns)
        numbered = schema.replace(f"CREATE TABLE {table}", f"CREATE TABLE {table}_numbered", 1).replace(
            f'CREATE TABLE "{table}"', f"CREATE TABLE {table}_numbered", 1
        )
        db.conn.execute(numbered.replace("id INTEGER PRIMARY KEY", "id INTEGER PRIMARY KEY AUTOINCREMENT", 1))
        db.conn.execute(f"INSERT INTO {table}_numbered ({columns}) SELECT {columns} FROM {table}")
        db.conn.execute(f"DROP TABLE {table}")
        db.conn.execute(f"ALTER TABLE {table}_numbered RENAME TO {table}")
        for sql in indexes:
            db.conn.execute(sql)


@migrations()
def sessions_begun(db: Database) -> None:
    """When the rules that need nothing that was lacking were evaluated, of sessions that waited for the rest."""
    db.conn.execute("ALTER TABLE sessions ADD COLUMN begun_at TEXT")


@migrations()
def doubted_fund_closes(db: Database) -> None:
    """Moves of funds that are believed once a later session's fetch agrees."""
    db.conn.execute(
        """CREATE TABLE doubted_fund_closes (
            symbol TEXT NOT NULL,
            session TEXT NOT NULL,
            move REAL NOT NULL,           -- the close over the one before
            step REAL NOT NULL,           -- adjusted/raw of the session before, over that of the session
            through TEXT NOT NULL,        -- the session of the fetch that had it first
            PRIMARY KEY (symbol, session)
        ) WITHOUT ROWID"""
    )


@migrations()
def census_quotes(db: Database) -> None:
    """The quotes of the last sessions, so that a quote that comes late corrects what was computed without it."""
    db.conn.execute(
        """CREATE TABLE census_quotes (
            session TEXT NOT NULL,
            company INTEGER NOT NULL REFERENCES companies,
            market_value REAL,
            price REAL,
            eps_forward REAL,
            eps_trailing REAL,
            ev_ebit REAL,
            PRIMARY KEY (session, company)
        ) WITHOUT ROWID"""
    )


@migrations()
def figures_by_former_members(db: Database) -> None:
    """What a figure would be on the first session of new ranks, had the ranks before still applied."""
    db.conn.execute("ALTER TABLE figures ADD COLUMN by_former_members REAL")


@migrations()
def releases_first_seen(db: Database) -> None:
    """On which day an observation appeared, and on which it was looked for in vain; not known of a first fetch."""
    db.conn.execute("ALTER TABLE economic ADD COLUMN first_seen TEXT")
    db.conn.execute("ALTER TABLE economic ADD COLUMN missed_on TEXT")
    db.conn.execute("CREATE TABLE economic_fetches (series TEXT PRIMARY KEY, day TEXT NOT NULL) WITHOUT ROWID")
    db.conn.execute(
        "INSERT INTO economic_fetches SELECT series, substr(max(fetched_at), 1, 10) FROM economic GROUP BY series"
    )


@migrations()
def invitations(db: Database) -> None:
    """Chats let in, and invitations that let in more, where the bot is not open to anybody."""
    db.conn.execute("CREATE TABLE admitted (chat INTEGER PRIMARY KEY, since TEXT NOT NULL)")
    db.conn.execute(
        """CREATE TABLE invitations (
            code TEXT PRIMARY KEY,
            uses INTEGER NOT NULL,           -- chats that it still lets in
            expires_at TEXT NOT NULL
        ) WITHOUT ROWID"""
    )


@migrations()
def operators_notices(db: Database) -> None:
    """Texts that operators send to every subscriber."""
    db.conn.execute(
        """CREATE TABLE notices (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            text TEXT NOT NULL,
            created_at TEXT NOT NULL,
            sent_at TEXT
        )"""
    )


@migrations()
def owners_symbols_lists(db: Database) -> None:
    """Who owns what a chat asked for or brought: symbols, lists of companies, imported series."""
    for statement in (
        # A chat's number in the ids of its metrics. It is never given twice, and stays when a group gets another id.
        """CREATE TABLE owners (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            chat INTEGER NOT NULL
        )""",
        "CREATE INDEX owners_by_chat ON owners (chat)",
        """CREATE TABLE symbols (
            symbol TEXT PRIMARY KEY,      -- as Yahoo writes it
            currency TEXT,                -- NULL: the source did not say
            fetched_at TEXT NOT NULL      -- when its whole history was fetched last
        ) WITHOUT ROWID""",
        """CREATE TABLE asked_metrics (
            owner INTEGER NOT NULL REFERENCES owners ON DELETE CASCADE,
            metric TEXT NOT NULL,         -- pair.A/B or price.A
            asked_on TEXT NOT NULL,       -- the last day on which it was asked for, or a rule watched it
            PRIMARY KEY (owner, metric)
        ) WITHOUT ROWID""",
        "CREATE INDEX asked_metrics_by_metric ON asked_metrics (metric)",
        """CREATE TABLE company_lists (
            owner INTEGER NOT NULL REFERENCES owners ON DELETE CASCADE,
            name TEXT NOT NULL,
            symbols TEXT NOT NULL,        -- with spaces between them, in the order they were given
            PRIMARY KEY (owner, name)
        ) WITHOUT ROWID""",
        "ALTER TABLE imports ADD COLUMN owner INTEGER REFERENCES owners",  # NULL: everybody's
    ):
        db.conn.execute(statement)


@migrations()
def pasts_of_funds(db: Database) -> None:
    """The metrics of funds and economic series whose whole past is recorded; after an upgrade none is."""
    db.conn.execute("CREATE TABLE pasts (metric TEXT PRIMARY KEY, filled_at TEXT NOT NULL) WITHOUT ROWID")


@migrations()
def history_in_two_passes(db: Database) -> None:
    """How far back the history of companies is filled; older closes, by company, while figures are made of them."""
    for statement in (
        """CREATE TABLE history (
            only INTEGER PRIMARY KEY CHECK (only = 1),
            figures_from TEXT NOT NULL
        )""",
        """CREATE TABLE older_closes (
            company INTEGER PRIMARY KEY REFERENCES companies,
            start TEXT NOT NULL,             -- the first session, and the last one
            through TEXT NOT NULL,
            sessions INTEGER NOT NULL,
            closes BLOB NOT NULL             -- steps from close to close, compressed
        )""",
    ):
        db.conn.execute(statement)


@migrations()
def dark_pictures(db: Database) -> None:
    """Whether a chat wants dark pictures."""
    db.conn.execute("ALTER TABLE chats ADD COLUMN dark INTEGER NOT NULL DEFAULT 0")


@migrations()
def deleted_rules_and_shared_lines(db: Database) -> None:
    """Deleted rules, so that a deletion can be undone; lines behind a short link; until when a chat is muted."""
    for statement in (
        """CREATE TABLE deleted_rules (
            rule INTEGER PRIMARY KEY,        -- its id, which it gets back
            chat INTEGER NOT NULL REFERENCES chats ON DELETE CASCADE,
            number INTEGER NOT NULL,
            line TEXT NOT NULL,
            state TEXT NOT NULL,             -- of the rule when it was deleted, as JSON
            created_at TEXT NOT NULL,
            created_session TEXT,
            snoozed INTEGER NOT NULL,
            through TEXT                     -- the last session of its snooze; NULL: until it resolves
        )""",
        "CREATE INDEX deleted_rules_by_chat ON deleted_rules (chat)",
        """CREATE TABLE shared_lines (
            token TEXT PRIMARY KEY,          -- what stands in the link
            line TEXT NOT NULL
        ) WITHOUT ROWID""",
        "ALTER TABLE chats ADD COLUMN muted_until TEXT",  # UTC; NULL: until /unmute
        "CREATE INDEX chats_muted_until ON chats (muted_until) WHERE muted_until IS NOT NULL",
    ):
        db.conn.execute(statement)


@migrations()
def groups_topics_and_channels(db: Database) -> None:
    """The topic that a group hears in, who manages a group or channel in private, and former ids of groups."""
    for statement in (
        """CREATE TABLE groups (
            chat INTEGER PRIMARY KEY REFERENCES chats ON DELETE CASCADE,
            channel INTEGER NOT NULL DEFAULT 0,
            topic INTEGER,                   -- Telegram's message_thread_id; NULL: the general one, or no forum
            refused_since TEXT               -- since when the bot has no right to write there
        )""",
        "CREATE INDEX groups_refused ON groups (chat) WHERE refused_since IS NOT NULL",
        """CREATE TABLE managers (
            chat INTEGER NOT NULL REFERENCES chats ON DELETE CASCADE,
            person INTEGER NOT NULL,
            reached INTEGER NOT NULL,        -- whether the bot can write to the person
            UNIQUE (chat, person)
        )""",
        "CREATE INDEX managers_by_person ON managers (person)",
        # Which group a person's private messages are about, where not about the person's own alerts.
        """CREATE TABLE managing (
            person INTEGER PRIMARY KEY,
            chat INTEGER NOT NULL REFERENCES chats ON DELETE CASCADE
        )""",
        "CREATE INDEX managing_by_chat ON managing (chat)",
        # Buttons under messages of a group go on naming the id that it had before it became a supergroup.
        """CREATE TABLE moved_chats (
            old INTEGER PRIMARY KEY,
            new INTEGER NOT NULL REFERENCES chats ON DELETE CASCADE
        )""",
        "CREATE INDEX moved_chats_by_new ON moved_chats (new)",
    ):
        db.conn.execute(statement)


@migrations()
def pictures_of_messages(db: Database) -> None:
    """Pictures that messages of the outbox carry, by the key of their chart."""
    for statement in (
        """CREATE TABLE pictures (
            key TEXT PRIMARY KEY,
            png BLOB NOT NULL,
            made_at TEXT NOT NULL
        )""",
        "ALTER TABLE outbox ADD COLUMN picture TEXT",
    ):
        db.conn.execute(statement)


@migrations()
def webhook_posts(db: Database) -> None:
    """Events that are posted to a program of the operator, and the last event that was made a post."""
    for statement in (
        """CREATE TABLE webhook_posts (
            event INTEGER PRIMARY KEY REFERENCES events ON DELETE CASCADE,
            chat INTEGER NOT NULL,
            key TEXT NOT NULL UNIQUE,        -- of the event's content, the same at every attempt
            stream TEXT NOT NULL,            -- within which the order is kept
            body TEXT,                       -- JSON; NULL once it was sent
            state TEXT NOT NULL CHECK (state IN ('pending', 'sending', 'sent', 'failed')),
            attempts INTEGER NOT NULL DEFAULT 0,
            first_tried_at TEXT,
            not_before TEXT NOT NULL,
            error TEXT,
            created_at TEXT NOT NULL,
            sent_at TEXT
        )""",
        "CREATE INDEX webhook_posts_due ON webhook_posts (not_before, event) WHERE state = 'pending'",
        "CREATE INDEX webhook_posts_open ON webhook_posts (stream, event) WHERE state IN ('pending', 'sending')",
        "CREATE INDEX webhook_posts_failed ON webhook_posts (event) WHERE state = 'failed'",
        "CREATE INDEX webhook_posts_by_chat ON webhook_posts (chat)",
        """CREATE TABLE webhook_gathered (
            only INTEGER PRIMARY KEY CHECK (only = 1),
            through INTEGER NOT NULL         -- the id of an event
        )""",
    ):
        db.conn.execute(statement)


@migrations()
def track_record(db: Database) -> None:
    """Every alert that was sent, without its chat: what it said, and what was shown of earlier firings then.

    It outlives the event, the rule and the chat. Which chat was told is a row of its own, which goes with the chat.
    """
    for statement in (
        """CREATE TABLE track_record (
            id INTEGER PRIMARY KEY,
            session TEXT NOT NULL,
            preset TEXT,                     -- the line of a ready-made alert; NULL: a chat's own
            value REAL,                      -- of the first condition
            horizon INTEGER,                 -- of what was shown: sessions; NULL: nothing was shown
            n INTEGER,                       -- earlier firings
            median REAL,                     -- of the lead after them, pp; NULL: too few
            all_days REAL,                   -- the median after all days, pp
            above REAL,                      -- the share of firings with a lead above zero, 0 to 1
            worst REAL,                      -- pp
            UNIQUE (session, preset)
        )""",
        """CREATE TABLE track_chats (
            chat INTEGER NOT NULL REFERENCES chats ON DELETE CASCADE,
            rule INTEGER NOT NULL,
            session TEXT NOT NULL,
            alert INTEGER NOT NULL REFERENCES track_record,
            line TEXT NOT NULL,
            PRIMARY KEY (chat, rule, session)
        ) WITHOUT ROWID""",
    ):
        db.conn.execute(statement)
    _record_past_alerts(db)


#: Firings that chats were notified of, in the form that events had by then.
_PAST_ALERTS = """SELECT id, chat, session,
        json_extract(event, '$.rule') AS rule, json_extract(event, '$.line') AS line, json_extract(event, '$.value'),
        json_extract(event, '$.followed.horizon'), json_extract(event, '$.followed.n'),
        json_extract(event, '$.followed.median'), json_extract(event, '$.followed.all'),
        json_extract(event, '$.followed.above'), json_extract(event, '$.followed.worst')
    FROM events WHERE kind = 'fired' AND status IN ('notified', 'held') AND json_valid(event)
        AND json_extract(event, '$.rule') IS NOT NULL AND json_extract(event, '$.line') IS NOT NULL
    ORDER BY session, id"""


#: The lines of the presets that there were by then: what this migration makes of a file must not change with them.
PRESETS_BEFORE_THE_TRACK_RECORD = frozenset(
    {
        "iwm/spy trend crosses above 0 clear -1",
        "iwm/spy trend crosses below 0 clear 1",
        "small above 200d crosses above 60 clear 55",
        "small above 200d crosses below 40 clear 45",
        "equal weight at a new high 252d",
        "valuation discount profitable ≤ -25",
        "zweig thrust",
        "deemer thrust",
        "whaley thrust",
        "regime changes",
        "fed cut odds > 50",
        "large above 200d crosses below 50 clear 55",
        "large above 200d crosses above 60 clear 55",
        "small above 50d > 80 for 2 days clear 60",
        "small above 50d < 20 for 2 days clear 40",
        "rsp/spy crosses above its 50d average",
        "rsp/spy at a new low 252d",
        "valuation discount profitable ≤ -30 clear -27",
        "valuation discount profitable ≥ -15 clear -18",
        "ev/ebit discount ≤ -20 clear -17",
        "small loss share > 30 clear 27",
        "fed cut odds > 50 for 2 days clear 40",
        "fed upper changes",
        "curve 10y2y crosses above 0 clear -0.1",
        "curve 10y2y crosses below 0 clear 0.1",
        "credit spread > 4.5 clear 4",
        "xly/xlp crosses above its 200d average",
        "xly/xlp crosses below its 200d average",
        "iwd/iwf crosses above its 200d average",
        "iwn/iwo crosses above its 200d average",
        "ijh/spy crosses above its 200d average",
        "sphb/splv crosses below its 200d average",
        "smh/spy crosses below its 200d average",
        "hyg/ief crosses below its 200d average",
        "vxus/vti at a new high 252d",
    }
)


def _record_past_alerts(db: Database) -> None:
    """Alerts that were sent before there was a track record, as far as their events are kept.

    What a message tells that has not left enters when it is sent. One whose message is no longer kept counts as sent.
    """
    unsent = {
        row[0]
        for row in db.conn.execute("SELECT value FROM outbox, json_each(outbox.events) WHERE outbox.state <> 'sent'")
    }
    alike: dict[tuple[object, ...], int] = {}
    for identity, chat, session, rule, line, *said in db.conn.execute(_PAST_ALERTS).fetchall():
        if identity in unsent:
            continue
        preset = line if line in PRESETS_BEFORE_THE_TRACK_RECORD else None
        key = (session, preset) if preset else (chat, rule, session)
        if key not in alike:
            alike[key] = (
                db.conn.execute(
                    "INSERT INTO track_record (session, preset, value, horizon, n, median, all_days, above, worst) "
                    "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                    [session, preset, *said],
                ).lastrowid
                or 0
            )
        db.conn.execute(
            "INSERT OR IGNORE INTO track_chats (chat, rule, session, alert, line) VALUES (?, ?, ?, ?, ?)",
            [chat, rule, session, alike[key], line],
        )


@migrations()
def chain_of_sessions(db: Database) -> None:
    """A chain of hashes over figures, events and texts, which begins here: storage/chain.py."""
    for statement in (
        """CREATE TABLE chain (
            number INTEGER PRIMARY KEY,      -- 1, 2, 3 …
            kind TEXT NOT NULL,
            session TEXT,
            recorded_at TEXT,
            gone_events INTEGER NOT NULL,    -- chained rows that were deleted
            gone_messages INTEGER NOT NULL,
            events_through INTEGER NOT NULL, -- the highest ids that are covered so far
            messages_through INTEGER NOT NULL,
            hash TEXT NOT NULL,              -- covers all other columns, and the hash before
            figures TEXT NOT NULL,           -- {session: {metric: digest}}, as JSON
            events BLOB NOT NULL,            -- ids and salted digests
            messages BLOB NOT NULL
        )""",
        # What the digests of rows are salted with: erased with the row, it leaves a digest that tells nothing.
        "ALTER TABLE events ADD COLUMN salt BLOB",
        "ALTER TABLE outbox ADD COLUMN salt BLOB",
    ):
        db.conn.execute(statement)
    append_start(db)


@migrations()
def rows_by_age(db: Database) -> None:
    """Indexes that find what is deleted with age, however much stays."""
    for statement in (
        "CREATE INDEX events_by_session ON events (session)",
        "CREATE INDEX outbox_settled ON outbox (session) WHERE state IN ('sent', 'failed', 'withdrawn')",
        "CREATE INDEX webhook_posts_settled ON webhook_posts (created_at) WHERE state IN ('sent', 'failed')",
    ):
        db.conn.execute(statement)
