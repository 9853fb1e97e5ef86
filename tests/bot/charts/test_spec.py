"""What is drawn, as a value: checked, picklable, and with a key to find its picture again."""

import dataclasses
import math
import os
import pickle
import subprocess
import sys
from datetime import date
from pathlib import Path

import numpy as np
import pytest
from support.chart_samples import LAST, chart, line, wave

from bot.charts import spec
from bot.charts.spec import Chart, Level, Line, Marker, Panel


def small() -> Chart:
    days = (date(2025, 1, 23), date(2025, 1, 24))
    panel = Panel("Share", "%", (Line("Small", days, (58.3, None)),), (Level(60, "60"),), (Marker(days[0], 58.3, "x"),))
    return Chart("Breadth", "Jan 24", (panel,))


def test_a_key_is_equal_for_equal_charts_in_another_process_too():
    here = Path(__file__).parent
    code = f"import sys; sys.path.insert(0, {str(here)!r}); import test_spec as t; print(t.small().key())"
    told = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "PYTHONHASHSEED": "7", "PYTHONPATH": f"{here.parents[2]}:{here.parents[1]}"},
    )
    assert told.stdout.strip() == small().key() == pickle.loads(pickle.dumps(small())).key()
    assert len(small().key()) == 32


def test_a_key_differs_with_anything_that_shows():
    one = small()
    panel = one.panels[0]
    drawn = panel.lines[0]

    def with_panel(**changes: object) -> Chart:
        return dataclasses.replace(one, panels=(dataclasses.replace(panel, **changes),))

    def with_line(**changes: object) -> Chart:
        return with_panel(lines=(dataclasses.replace(drawn, **changes),))

    others = [
        one,
        dataclasses.replace(one, title="Size"),
        dataclasses.replace(one, subtitle="Jan 25"),
        dataclasses.replace(one, simulated=True),
        dataclasses.replace(one, panels=one.panels * 2),
        with_panel(unit="pp"),
        with_panel(shade_zero=True),
        with_panel(minimum=0),
        with_panel(maximum=0),
        with_panel(levels=()),
        with_panel(levels=(Level(61, "60"),)),
        with_panel(markers=()),
        with_line(label="Large"),
        with_line(role="second"),
        with_line(values=(58.3, 0.0)),
        with_line(values=(None, 58.3)),
        with_line(sessions=(date(2025, 1, 22), date(2025, 1, 24))),
    ]
    assert len({chart.key() for chart in others}) == len(others)


def test_a_key_differs_with_the_drawing_version(monkeypatch):
    before = small().key()
    monkeypatch.setattr(spec, "DRAWING_VERSION", spec.DRAWING_VERSION + 1)
    assert small().key() != before


def test_numbers_of_numpy_and_both_ways_of_missing_make_the_same_chart():
    plain = chart(line([1.0, None, 3.0]))
    assert chart(line([np.float64(1), math.nan, 3])) == plain
    assert chart(line([np.float64(1), math.nan, 3])).key() == plain.key()


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda: Line("Small", (LAST,), ()), "line 'Small': 1 sessions, but 0 values"),
        (lambda: Line("Small", (LAST, LAST), (1, 2)), "line 'Small': its sessions do not ascend"),
        (lambda: Line("Small", (LAST,), (math.inf,)), "line 'Small': inf cannot be drawn"),
        (lambda: Level(math.nan, "60"), "level '60': nan cannot be drawn"),
        (lambda: Marker(LAST, math.nan, "fired"), "marker 'fired': nan cannot be drawn"),
        (lambda: Panel("Sectors", "%", chart().panels[0].lines * 9), "panel 'Sectors': 9 lines"),
        (lambda: Chart("Breadth", "", ()), "chart 'Breadth': 0 panels"),
        (lambda: Chart("Breadth", "", chart().panels * 5), "chart 'Breadth': 5 panels"),
    ],
)
def test_what_cannot_be_drawn_is_refused_by_name(make, says):
    with pytest.raises(ValueError, match=says.replace("(", r"\(")):
        make()


def test_saying_what_to_draw_imports_no_matplotlib():
    code = "import sys, bot.charts.spec; print('matplotlib' in sys.modules, 'numpy' in sys.modules)"
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert told.stdout.split() == ["False", "False"]


def test_a_long_chart_survives_the_way_to_the_worker():
    drawn = chart(line(wave(500)))
    assert pickle.loads(pickle.dumps(drawn)) == drawn
