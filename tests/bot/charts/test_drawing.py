"""The picture, judged by its pixels."""

import dataclasses
import math
import subprocess
import sys
import warnings

import numpy as np
import pytest
from support.chart_samples import LAST, MAIN, SECOND, chart, line, near, pixels, sessions, wave

from bot.charts.colours import DARK, LIGHT
from bot.charts.draw import draw
from bot.charts.layout import lay_out
from bot.charts.spec import Chart, Level, Line, Marker, Panel, RotationGraph, Trail


@pytest.fixture(autouse=True)
def _a_warning_is_an_error():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        yield


def test_a_chart_is_a_picture_of_a_phones_shape_with_colours_in_it():
    picture = pixels(chart(line(wave()), line(wave(middle=45), "Large", "second")))
    height, width, _ = picture.shape
    assert width == 1080
    assert 600 < height < 1000
    assert len(np.unique(picture.reshape(-1, 3), axis=0)) > 200
    assert near(picture, MAIN).sum() > 2000
    assert near(picture, SECOND).sum() > 2000


@pytest.mark.parametrize("count", [1, 2, 3, 4])
def test_one_to_four_panels_stay_within_the_height_that_telegram_leaves_unshrunk(count):
    panel = dataclasses.replace(chart().panels[0], markers=(Marker(LAST, 50.0, "fired"),))
    picture = pixels(Chart("Rotation summary", "Session Jan 24, 2025", (panel,) * count, simulated=True))
    assert picture.shape[1] == 1080
    assert picture.shape[0] <= 1350


def test_the_same_chart_is_the_same_bytes():
    assert draw(chart()) == draw(chart())


@pytest.mark.parametrize("missing", [None, math.nan])
def test_a_gap_is_left_open_and_not_joined_or_taken_as_zero(missing):
    whole, broken = wave(), wave()
    broken[40:80] = [missing] * 40
    box = lay_out(chart(line(broken))).frames[0].box
    first, last = box.left + box.width * 45 / 120, box.left + box.width * 74 / 120
    columns = slice(math.ceil(first), math.floor(last))
    assert near(pixels(chart(line(whole))), MAIN)[:, columns].any(axis=0).all()
    plot = near(pixels(chart(line(broken))), MAIN)
    assert not plot[:, columns].any()
    assert plot[:, math.ceil(box.left) : math.floor(first) - 60].any(axis=0).all()


def test_a_value_alone_between_gaps_is_a_dot():
    values: list[float | None] = [None] * 101
    values[0], values[50], values[100] = 40.0, 50.0, 60.0
    box = lay_out(chart(line(values))).frames[0].box
    middle = round(box.left + box.width / 2)
    drawn = near(pixels(chart(line(values))), MAIN)
    assert drawn[:, middle - 20 : middle + 20].sum() > 50
    assert not drawn[:, middle + 40 : middle + 80].any()


def test_one_value_is_a_dot_in_the_middle():
    single = chart(line([48.0]))
    box = lay_out(single).frames[0].box
    middle = round(box.left + box.width / 2)
    assert near(pixels(single), MAIN)[:, middle - 4 : middle + 5].sum() > 40


@pytest.mark.parametrize("lines", [(), (line([]),), (line([None] * 50), line([math.nan] * 50, "Large"))])
def test_a_panel_without_a_value_says_so_instead_of_standing_empty(lines):
    panel = Panel("New highs", "", lines, (Level(1.0, "alert"),))
    picture = pixels(Chart("New highs", "", (panel,)))
    height, width, _ = picture.shape
    assert near(picture, (241, 242, 244), 2).mean() > 0.4  # the card
    assert near(picture[height // 4 : -height // 6, width // 3 : -width // 3], (75, 85, 99), 60).sum() > 200  # words
    assert not near(picture, MAIN).any()


@pytest.mark.parametrize("value", [0.0, 0.7, -3.0, 1e9, 1e-9])
@pytest.mark.parametrize("unit", ["%", "×", "pp", "", "USD bn"])
def test_a_series_that_does_not_move_is_a_level_line(value, unit):
    flat = Chart("Flat", "", (Panel("Flat", unit, (line([value] * 60),)),))
    box = lay_out(flat).frames[0].box
    drawn = near(pixels(flat), MAIN)[:, math.ceil(box.left) + 2 : math.floor(box.right) - 20]
    rows = np.flatnonzero(drawn.any(axis=1))
    assert len(rows) <= 7
    assert drawn[rows[len(rows) // 2]].all()


def test_simulated_is_written_across_the_panel_and_in_the_subtitle_only_where_it_is():
    real, simulated = chart(line([None, *wave()])), chart(line([None, *wave()]), simulated=True)
    frame = lay_out(simulated).frames[0]
    assert lay_out(simulated).subtitle[0].text.startswith("SIMULATED · ")
    assert not any("SIMULATED" in row.text for row in lay_out(real).subtitle)
    tint = (238, 233, 226)
    left, right = round(frame.box.left), round(frame.box.right)
    marked = near(pixels(simulated), tint, 2)[:, left:right]
    assert marked.sum() > 10_000
    assert np.ptp(np.flatnonzero(marked.any(axis=0))) > 0.6 * frame.box.width  # from side to side
    assert near(pixels(real), tint, 2).sum() < 300


def test_an_empty_simulated_panel_is_marked_in_words():
    assert lay_out(Chart("New highs", "", (Panel("", "", ()),), simulated=True)).subtitle[0].text == "SIMULATED"


def test_areas_reach_from_the_line_to_zero_in_a_colour_for_each_side():
    shaded = Chart("Lead", "", (Panel("Lead", "pp", (line(wave(middle=0)),), shade_zero=True),))
    picture, frame = pixels(shaded), lay_out(shaded).frames[0]
    zero = picture.shape[0] - round(frame.y(0.0))
    above, below = near(picture, (207, 227, 241), 2), near(picture, (246, 220, 198), 2)
    assert above[: zero - 3].sum() > 5000
    assert below[zero + 3 :].sum() > 5000
    assert not above[zero + 3 :].any()
    assert not below[: zero - 3].any()


def test_nothing_is_cut_off_at_the_edge_of_the_picture_or_of_an_axis_with_bounds():
    beyond = Panel("Share", "%", (line([*wave(), 130.0]),), minimum=0, maximum=100)
    long = "An exceedingly long label that would not fit beside any chart at all"
    labelled = Panel(long * 3, "USD bn", tuple(line(wave(middle=m), long, "second") for m in (1e7, 1e7 + 5, 1e7 + 9)))
    crowded = Panel("Sectors", "pp", tuple(line(wave(middle=m), f"Sector {m}", "reference") for m in range(8)))
    drawn = Chart("Title " * 40, "statement · " * 30, (beyond, labelled, crowded))
    picture, frames = pixels(drawn), lay_out(drawn).frames
    assert frames[0].y(130.0) <= frames[0].box.top
    rim = np.ones(picture.shape[:2], dtype=bool)
    rim[12:-4, 12:-12] = False
    assert near(picture, (253, 253, 252), 2)[rim].all()


def test_end_labels_stand_apart_and_give_a_date_where_they_are_older_than_the_panel():
    older = Line("Large", sessions(30)[:20], tuple(wave(20)), "second")
    frame = lay_out(chart(line(wave(30)), older)).frames[0]
    assert [[row.text for row in label.rows] for label in frame.labels] == [
        ["Small", "48.4%"],
        ["Large", "67.2%", "Jan 10"],
    ]


def test_names_move_above_the_box_where_the_end_labels_would_not_fit():
    panel = Panel("Sectors", "%", tuple(line(wave(), f"Sector {i}") for i in range(4)))
    frame = lay_out(Chart("Sectors", "", (panel,) * 4)).frames[0]
    assert [name.row.text for name in frame.names] == ["Sector 0", "Sector 1", "Sector 2", "Sector 3"]
    assert all(len(label.rows) == 1 for label in frame.labels)


def test_names_take_their_figures_along_where_even_those_would_not_fit():
    panel = Panel("Sectors", "%", tuple(line(wave(30), f"Sector {i}") for i in range(6)))
    frame = lay_out(Chart("Sectors", "", (panel,) * 4)).frames[0]
    assert sorted(name.row.text for name in frame.names) == [f"Sector {i} 48.4%" for i in range(6)]
    assert len({name.above for name in frame.names}) == 2
    assert frame.labels == ()


def test_dollars_and_letters_that_the_font_lacks_raise_no_warning():
    odd = "$IWM vs $SPY \\frac{1}{2} 小型株 🚀 \x00 _^{"
    firing = Marker(sessions(3)[0], 50.0, odd)
    panel = Panel(odd, odd, (line(wave(), odd),), (Level(60, odd),), (firing,))
    assert near(pixels(Chart(odd, odd, (panel,), simulated=True)), MAIN).any()


def test_drawing_imports_neither_the_bot_nor_pandas_nor_pyplot():
    code = (
        "import sys, bot.charts.draw\n"
        "unwanted = {'telegram', 'yfinance', 'pandas', 'matplotlib.pyplot', 'asyncio', 'alerts', 'storage'}\n"
        "ours = {name for name in sys.modules if name.startswith('bot.')}\n"
        "print(sorted(unwanted & set(sys.modules)), sorted(n for n in ours if not n.startswith('bot.charts')))"
    )
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert told.stdout.strip() == "[] []"


def rgb(colour: str) -> tuple[int, int, int]:
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)


def test_a_dark_chart_is_the_same_picture_in_other_colours():
    light, dark = pixels(chart()), pixels(dataclasses.replace(chart(), dark=True))
    assert light.shape == dark.shape
    assert near(light, rgb(LIGHT.card), 2).mean() > 0.5
    assert near(dark, rgb(DARK.card), 2).mean() > 0.5
    assert near(dark, rgb(DARK.main[0])).sum() > 1000
    assert chart().key() != dataclasses.replace(chart(), dark=True).key()


def luminance(colour: str) -> float:
    parts = [one / 255 for one in rgb(colour)]
    linear = [one / 12.92 if one <= 0.04045 else ((one + 0.055) / 1.055) ** 2.4 for one in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize("palette", [LIGHT, DARK], ids=["light", "dark"])
def test_text_has_the_contrast_that_wcag_asks_for(palette):
    def contrast(one: str, other: str) -> float:
        low, high = sorted((luminance(one), luminance(other)))
        return (high + 0.05) / (low + 0.05)

    on_card = (palette.ink, palette.quiet, palette.level, *palette.main, *palette.second, *palette.reference)
    assert min(contrast(colour, palette.card) for colour in on_card) >= 4.5
    assert min(contrast(*pair) for pair in zip(palette.quadrants, palette.areas, strict=True)) >= 4.0


def categories(*values: float | None) -> Chart:
    panel = Panel("Regime", "", (line(list(values), "Regime"),), categories=("narrow", "mixed", "broadening"))
    return Chart("Regime", "Session Jan 24, 2025", (panel,))


def test_categories_are_bands_with_their_names_and_the_line_steps_between_them():
    (frame,) = lay_out(categories(*[0.0] * 30, *[2.0] * 30)).frames
    assert [frame.tick(tick) for tick in frame.scale.ticks] == ["narrow", "mixed", "broadening"]
    assert frame.figure(2.0) == "broadening"
    picture = pixels(categories(*[0.0] * 30, *[2.0] * 30))
    drawn = near(picture, MAIN)[:, round(frame.box.left) : round(frame.box.right) - 20]
    assert (drawn.sum(axis=0) > 200).sum() <= 8  # one upright stroke, no slope


def test_a_clear_level_is_drawn_apart_from_its_threshold():
    levels = (Level(60, "60 %"), Level(52, "clear 52 %", clear=True))
    panel = Panel("Share", "%", (line(wave()),), levels)
    with_clear = pixels(Chart("Breadth", "", (panel,)))
    without = pixels(Chart("Breadth", "", (dataclasses.replace(panel, levels=levels[:1]),)))
    colour = rgb(LIGHT.level)
    assert near(with_clear, colour, 40).sum() > near(without, colour, 40).sum() + 300


def test_a_count_ends_without_decimals():
    panel = Panel("Signs that hold, of 4", "", (line([1.0, 2.0, 3.0], "signs"),), minimum=0, maximum=4)
    (frame,) = lay_out(Chart("Regime", "", (panel,))).frames
    assert frame.labels[0].rows[-1].text == "3"


def test_simulated_is_said_once_in_the_subtitle():
    subtitle = lay_out(Chart("A", "22 Jan 2026 · 12/12 funds · simulated, provisional", chart().panels, True)).subtitle
    words = " · ".join(row.text for row in subtitle)
    assert words == "SIMULATED · 22 Jan 2026 · 12/12 funds · provisional"


@pytest.mark.parametrize(
    "label", ["IWM/SPY", "Small forward P/E of profitable companies", "RSP itself, the fund that holds the S&P 500"]
)
def test_no_name_and_no_title_is_cut(label):
    title = "small forward pe profitable crosses above 25.125 for 3 days and percentile 252d of large forward pe < 90"
    panel = Panel(title, "×", (line(wave(), label),))
    (frame,) = lay_out(Chart("Valuation", "", (panel,))).frames
    shown = [row.text for drawn in frame.labels for row in drawn.rows] + [name.row.text for name in frame.names]
    assert not any("…" in text for text in (*shown, *(row.text for row in frame.title)))
    assert " ".join(row.text for row in frame.title) == title
    assert label in " ".join(shown)


def rotation(simulated: bool = False, dark: bool = False) -> RotationGraph:
    trails = [
        Trail(
            name, tuple((radius * math.cos(turn + week / 6), radius * math.sin(turn + week / 6)) for week in range(9))
        )
        for name, radius, turn in (("Energy", 1.5, 0.0), ("Staples", 2.0, 2.0), ("Technology", 1.0, 4.0))
    ]
    trails.append(Trail("Small caps", ((-1.0, -1.0), (0.5, 0.5), (1.2, 0.8)), main=True))
    return RotationGraph("Who leads", "Session Jan 24, 2025", tuple(trails), simulated, dark)


@pytest.mark.parametrize("dark", [False, True])
def test_a_rotation_graph_has_four_quadrants_and_a_tail_for_each_fund(dark):
    palette = DARK if dark else LIGHT
    picture = pixels(rotation(dark=dark))
    assert picture.shape[1] == 1080
    assert picture.shape[0] <= 1350
    for area in palette.areas:
        assert near(picture, rgb(area), 1).sum() > 50_000
    assert near(picture, rgb(palette.ink)).sum() > 1000  # small caps, in ink
    assert rotation().key() == rotation().key() != rotation(simulated=True).key()


def test_a_trail_without_a_point_is_refused():
    with pytest.raises(ValueError, match="trail 'Energy': it has no point"):
        Trail("Energy", ())
