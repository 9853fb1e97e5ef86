"""`export`: the Parquet file has what the CSV has, typed, and says what market it is of."""

from __future__ import annotations

import csv
import io
from datetime import UTC, date, datetime

import pytest
from support.program import Program

from alerts.market.sessions import sessions_between
from alerts.metrics.figure import Figure
from storage.database import claim_market, open_database, writing
from storage.figures import record_figures

NOW = datetime(2025, 4, 1, 21, 5, tzinfo=UTC)
SESSIONS = sessions_between(date(2025, 3, 3), date(2025, 3, 7))
METRICS = ("breadth.above_200d.large", "breadth.above_200d.small")


def figure(metric: str, at: int) -> Figure:
    """Of one session; the second one's is missing."""
    value, coverage, reason = (None, 0.5, "coverage 50 % is under 90 %") if at == 1 else (50 + at / 3, 0.99, None)
    return Figure(
        SESSIONS[at], metric, value, coverage, 495, 500, "simulated", reason, notes=("provisional members",)
    )  # fmt: skip


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Program:
    """A week of two metrics, one value missing, and a series of one's own."""
    program = Program(tmp_path_factory.mktemp("export"))
    db = open_database(program.folder / "rotation.db")
    claim_market(db, "sample", NOW)
    figures = [figure(metric, at) for metric in METRICS for at in range(len(SESSIONS))]
    with writing(db):
        record_figures(db, figures, NOW, backfilled=True)
    db.close()
    (program.folder / "vix.csv").write_text("date,value\n2025-03-03,16.5\n2025-03-04,17\n")
    assert program.run("import", "vix", "vix.csv").returncode == 0
    return program


def test_each_column_has_one_heading_and_missing_is_empty(recorded: Program) -> None:
    rows = list(csv.reader(io.StringIO(recorded.run("export", "large above 200d").stdout)))
    assert {len(row) for row in rows} == {10}
    assert rows[0][-1] == "notes"
    assert rows[2][:4] == ["breadth.above_200d.large", "2025-03-04", "", "0.5"]
    assert rows[1][-1] == "provisional members"


def test_parquet_has_what_the_csv_has_with_types(recorded: Program) -> None:
    pq = pytest.importorskip("pyarrow.parquet", reason="pyarrow is not installed: pip install -e '.[parquet]'")
    ran = recorded.run("export", "--parquet", "all.parquet")
    assert ran.returncode == 0, ran.stderr
    assert ran.stdout == ""
    table = pq.read_table(recorded.folder / "all.parquet")
    assert [str(kind) for kind in table.schema.types] == [
        "string", "date32[day]", "double", "double", "int32", "int32", "string", "string", "timestamp[us, tz=UTC]",
        "string",
    ]  # fmt: skip
    assert table.schema.metadata[b"simulated"] == b"yes"
    rows = table.to_pylist()
    written = list(csv.DictReader(io.StringIO(recorded.run("export").stdout)))
    assert len(rows) == len(written) == 12
    for row, line in zip(rows, written, strict=True):
        assert (row["metric"], str(row["session"]), row["source"]) == (line["metric"], line["session"], line["source"])
        assert row["value"] == (float(line["value"]) if line["value"] else None)
        assert row["fetched_at"] == datetime.fromisoformat(line["fetched_at"])
    missing = next(row for row in rows if row["value"] is None)
    assert (missing["session"], missing["reason"]) == (SESSIONS[1], "coverage 50 % is under 90 %")
    assert not list(recorded.folder.glob("*.part"))


def test_a_part_of_it_and_a_folder_that_is_not_there(recorded: Program) -> None:
    pq = pytest.importorskip("pyarrow.parquet", reason="pyarrow is not installed: pip install -e '.[parquet]'")
    words = ("export", "import.vix", "large above 200d", "--from", "2025-03-04", "--to", "2025-03-05", "--parquet")
    assert recorded.run(*words, "part.parquet").returncode == 0
    rows = pq.read_table(recorded.folder / "part.parquet").to_pylist()
    assert [(row["metric"], str(row["session"])) for row in rows] == [
        ("import.vix", "2025-03-04"), ("breadth.above_200d.large", "2025-03-04"),
        ("breadth.above_200d.large", "2025-03-05"),
    ]  # fmt: skip
    refused = recorded.run(*words, "nowhere/part.parquet")
    assert refused.returncode == 2
    assert "--parquet nowhere/part.parquet: " in refused.stderr
    assert "Traceback" not in refused.stderr


def test_an_export_that_fails_half_way_leaves_nothing_behind(recorded: Program) -> None:
    pytest.importorskip("pyarrow.parquet", reason="pyarrow is not installed: pip install -e '.[parquet]'")
    db = open_database(recorded.folder / "rotation.db")
    at = [METRICS[1], SESSIONS[-1].isoformat()]
    (before,) = db.conn.execute("SELECT fetched_at FROM figures WHERE metric = ? AND session = ?", at).fetchone()
    with writing(db):
        db.conn.execute("UPDATE figures SET fetched_at = 'damaged' WHERE metric = ? AND session = ?", at)
    ran = recorded.run("export", "--parquet", "half.parquet")
    with writing(db):
        db.conn.execute("UPDATE figures SET fetched_at = ? WHERE metric = ? AND session = ?", [before, *at])
    db.close()
    assert ran.returncode != 0
    assert "damaged" in ran.stderr
    assert not list(recorded.folder.glob("half.parquet*"))


def test_without_pyarrow_it_says_what_to_install(recorded: Program) -> None:
    (recorded.folder / "lacking").mkdir()
    (recorded.folder / "lacking" / "pyarrow.py").write_text("raise ImportError('not here')\n")
    bare = Program(recorded.folder, {"PYTHONPATH": str(recorded.folder / "lacking")}, preforked=False)
    ran = bare.run("export", "--parquet", "none.parquet")
    assert ran.returncode == 2
    assert "pip install 'rotation-alerts[parquet]'" in ran.stderr
    assert not (recorded.folder / "none.parquet").exists()
