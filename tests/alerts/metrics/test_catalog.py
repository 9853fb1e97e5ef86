"""The list of metrics: names that mean one thing, and values as people read them."""

from __future__ import annotations

import re
from collections import defaultdict

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.metrics.catalog import UnknownMetric, catalog, families, fred_series, key_figures, metric, number
from alerts.metrics.imported import FAMILY
from alerts.metrics.rates import PLAIN
from alerts.metrics.releases import releases
from alerts.rules.grammar import example_line, metric_named, normalise, parse


def test_no_name_means_two_metrics() -> None:
    meanings: dict[str, set[str]] = defaultdict(set)
    for of in catalog().values():
        for name in (of.id, of.title, *of.aliases):
            meanings[normalise(name)].add(of.id)
    assert {name: ids for name, ids in meanings.items() if len(ids) > 1} == {}


@pytest.mark.parametrize("identity", catalog())
def test_every_name_of_a_metric_is_understood(identity: str) -> None:
    of = metric(identity)
    for name in (of.id, of.title, *of.aliases):
        assert metric_named(name) == identity
        line = example_line(identity).replace(of.aliases[0], name)
        assert parse(line).first.series.metric == identity, line
        assert parse(line.upper()).first.series.metric == identity, line


@pytest.mark.parametrize("identity", catalog())
def test_every_entry_is_whole(identity: str) -> None:
    of = metric(identity)
    assert of.title and of.formula and of.inputs and of.aliases
    assert of.minimum >= 1
    assert 0 < of.floor <= 1
    assert of.direction in (-1, 0, 1)
    assert of.low is None or of.high is None or of.low < of.high
    assert identity.startswith(of.family + ".")


@given(st.sampled_from(sorted(catalog())), st.floats())
def test_no_value_is_shown_as_minus_zero_or_no_number(identity: str, value: float) -> None:
    of = metric(identity)
    for text in (of.show(value), of.show_change(value)):
        assert "nan" not in text
        assert "inf" not in text
        assert not text.startswith(("-", "−0 ", "−0.0 ", "−0.00 ", "+0.0 "))
        assert text not in ("−0", "−0.0", "−0.00", "−0×")


@pytest.mark.parametrize(
    ("identity", "value", "shown"),
    [
        ("breadth.above_200d.small", 58.1234, "58.1 %"),
        ("valuation.discount", -29.68, "−29.7 %"),
        ("size.lead_21d", -0.04, "0.0 pp"),
        ("size.lead_21d", 2.345, "+2.3 pp"),
        ("valuation.forward_pe.small", 26.25, "26.2×"),
        ("valuation.forward_pe.small", 1234.5, "1,234.5×"),
        ("breadth.sectors_above_200d", 9.0, "9"),
        ("regime.state", 1.0, "broadening"),
        ("regime.state", -1.0, "narrow"),
        ("regime.state", -0.0, "mixed"),
        ("regime.state", float("nan"), "–"),
    ],
)
def test_values_are_shown_as_people_read_them(identity: str, value: float, shown: str) -> None:
    assert metric(identity).show(value) == shown


@pytest.mark.parametrize(
    ("identity", "change", "shown"),
    [
        ("breadth.above_200d.small", 2.31, "+2.3 pp"),
        ("size.ratio", -1.5, "−1.50"),
        ("size.lead_21d", -0.01, "0.0 pp"),
        ("regime.state", 1.0, ""),
    ],
)
def test_changes_are_signed_and_those_of_percentages_are_points(identity: str, change: float, shown: str) -> None:
    assert metric(identity).show_change(change) == shown


def test_numbers_have_thousands_and_a_true_minus() -> None:
    assert number(-1234567.891, 2) == "−1,234,567.89"
    assert number(0.4, 0, sign=True) == "0"


def test_an_unknown_metric_names_the_nearest() -> None:
    with pytest.raises(UnknownMetric, match=r"size\.trends: no such metric; did you mean size\.trend"):
        metric("size.trends")
    with pytest.raises(UnknownMetric, match="lists them"):
        metric("zzzzqqqq")


def test_every_metric_belongs_to_a_family_whose_facts_are_of_the_catalogue() -> None:
    assert {of.family for of in catalog().values()} == set(families()) - {FAMILY, "pair"}
    assert sorted(one.in_alerts for one in families().values()) == list(range(1, len(families()) + 1))
    assert all(metric(one.suggested).family == one.id for one in families().values() if one.suggested)
    assert all(metric(identity).short for identity in key_figures())
    assert {of.counts for of in catalog().values()} == {"companies", "funds", "signs", ""}


def test_every_economic_series_that_a_metric_is_made_of_has_a_release_lag() -> None:
    assert set(fred_series()) == set(releases())
    assert all(identity in metric(name).fred for name, identity in PLAIN.items())


ADVICE = re.compile(
    r"\b(buy(?!ing|ers)|sell(?!ing|ers)|should|must (?:buy|sell)|recommend|opportunit|attractive)", re.IGNORECASE
)
PLACEHOLDER = re.compile(r"[{}]")


def told(identity: str) -> list[tuple[str, str]]:
    """(headline, sentence) for every way the metric can go."""
    of = metric(identity)
    if of.meanings.states:
        return [(shown.headline, shown.means) for shown in (of.meanings.of(1, state) for state in of.labels)]
    ways = (1,) if of.unit == "event" else (1, -1)
    beyond = max(abs(of.low or 0), 1.0)
    return [(shown.headline, shown.means) for way in ways for shown in (of.meanings.of(way, way * beyond),)]


@pytest.mark.parametrize("identity", catalog())
def test_every_metric_says_what_it_is_why_it_matters_and_what_each_way_means(identity: str) -> None:
    of = metric(identity)
    assert of.about.endswith(".") and of.matters.endswith(".")
    assert bool(of.labels) == (bool(of.meanings.states) or of.unit == "event")
    for headline, means in told(identity):
        assert 8 <= len(headline) <= 70 and not headline.endswith("."), headline
        assert means.endswith(".") or identity.startswith("sectors.quadrant."), headline
        assert len(means) <= 130
    for text in (of.about, of.matters, *(text for pair in told(identity) for text in pair)):
        assert not PLACEHOLDER.search(text)
        assert not ADVICE.search(text), text


def test_no_two_metrics_have_one_headline() -> None:
    headlines = [headline for identity in catalog() for headline, _ in told(identity)]
    assert sorted({one for one in headlines if headlines.count(one) > 1}) == []


def test_a_rise_under_zero_is_no_lead_and_a_discount_above_zero_is_a_premium() -> None:
    lead, discount = metric("size.lead_63d"), metric("valuation.discount_profitable")
    assert lead.meanings.of(1, 2.0).headline == "Small caps are ahead over three months"
    assert lead.meanings.of(1, -2.0).headline == "Small caps close in over three months"
    assert lead.meanings.of(-1, 2.0).headline == "Small caps give back part of their quarter's lead"
    assert discount.named(3.0) == "Valuation premium, profitable"
    assert discount.named(-3.0) == discount.named(None) == "Valuation discount, profitable"
    assert metric("breadth.mcclellan.all").named() == "McClellan oscillator of all companies"
