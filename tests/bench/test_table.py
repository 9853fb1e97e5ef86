"""The table of `make bench`: medians, ratios that say how many times better, aims that are met or not."""

import json

from bench.table import Aim, Beside, Line, line, show, table


def test_of_times_less_is_better_and_of_rates_more():
    time = line("a session", "ms", [10, 12, 11], beside=Beside("a loop", [110, 90, 100]))
    rate = line("delivery", "messages/s", [900, 1000], beside=Beside("stock", [300, 340]))
    assert (time.ours, time.lowest, time.highest, time.runs) == (11, 10, 12, 3)
    assert time.theirs == 100
    assert round(time.ratio, 2) == 9.09
    assert round(rate.ratio, 2) == 2.97


def test_an_aim_is_met_only_where_all_of_it_is():
    beside = Beside("a loop", [100.0])
    both = Aim(at_most=10, ratio=20)
    assert line("quick", "ms", [4.0], both, beside).met is True
    assert line("quick, and hardly quicker than the loop", "ms", [8.0], both, beside).met is False
    assert line("slow", "ms", [11.0], both, Beside("a loop", [1000.0])).met is False
    assert line("a rate", "messages/s", [1499.0], Aim(at_least=1500)).met is False
    assert line("without an aim", "ms", [4.0]).met is None


def test_the_table_says_what_is_not_met_and_how_far_runs_lie_apart():
    lines = [line("slow", "ms", [1234.0, 1300.0, 1100.0], Aim(at_most=1000, ratio=8), Beside("a loop", [2468.0]))]
    heading, _, row = table(lines).splitlines()
    assert heading.split() == ["what", "ours", "(spread)", "beside", "ratio", "aim", "met"]
    assert [cell.strip() for cell in row.split("  ") if cell] == [
        "slow", "1,234 ms (1,100–1,300)", "a loop: 2,468 ms", "2 ×", "≤ 1,000 ms, ≥ 8 ×", "NO",
    ]  # fmt: skip


def test_json_is_read_back_as_the_same_lines(capsys):
    lines = [line("one", "ms", [1.0, 2.0], Aim(at_most=3), Beside("a loop", [4.0])), line("two", "MB", [5.0])]
    show(lines, as_json=True)
    assert [Line.from_json(row) for row in json.loads(capsys.readouterr().out)] == lines
