"""Figures of the peers, evidence that is pooled, and gaps between groups, by hand."""

from __future__ import annotations

from fractions import Fraction

import pytest

from trueup.quality.equity import REST, Gap, Group, gaps, widest
from trueup.quality.evidence import Book, Evidence, pooled
from trueup.quality.peers import PeerResults, top_decile_mean

F = Fraction


def peers(*rates: str, direction: str = "higher") -> PeerResults:
    return PeerResults(tuple((F(r), 100) for r in rates), direction)


@pytest.mark.parametrize(
    ("figure", "higher", "lower"),
    [
        ("mean", "0.6", "0.6"), ("median", "0.6", "0.6"), ("worst", "0.2", "1"), ("best", "1", "0.2"), ("p25", "0.4", "0.8"),
        ("p75", "0.8", "0.4"), ("p90", "0.92", "0.28"), ("top_decile_mean", "1", "0.2"),
    ],
)  # fmt: skip
def test_figures_of_the_peers_count_from_the_worst_to_the_best(figure: str, higher: str, lower: str) -> None:
    rates = ("0.4", "1", "0.2", "0.8", "0.6")
    assert peers(*rates).figure(figure, "linear") == F(higher)
    assert peers(*rates, direction="lower").figure(figure, "linear") == F(lower)


def test_the_best_tenth_is_rounded_up_to_whole_entities() -> None:
    ordered = [F(n) for n in range(1, 21)]
    assert top_decile_mean(ordered) == F("19.5")
    assert top_decile_mean([*ordered, F(21)]) == F(20)
    assert top_decile_mean([F(7)]) == 7


def test_nobody_has_no_figure() -> None:
    with pytest.raises(ValueError, match="no peers"):
        PeerResults((), "higher").figure("mean", "linear")


def test_evidence_gives_a_rate_only_where_there_are_units() -> None:
    assert Evidence(0, 0).rate("proportion") is None
    assert Evidence(4, 3).rate("proportion") == F(3, 4)
    assert Evidence(4, values={2: 1, 3: 1, 4: 1, 12: 1}).rate("median") == F("3.5")
    assert Evidence(40, value=F("4.2")).rate("proportion") == F("4.2")
    assert Evidence(40).rate("proportion") is None


def test_pooled_periods_add_counts_join_values_and_weigh_reported_figures() -> None:
    assert pooled([Evidence(10, 5), Evidence(40, 30)]) == Evidence(50, 35)
    assert pooled([Evidence(2, values={1: 2}), Evidence(1, values={4: 1})]) == Evidence(3, values={1: 2, 4: 1})
    assert pooled([Evidence(10, value=F(3)), Evidence(30, value=F(5))]) == Evidence(40, value=F("4.5"))
    assert pooled([Evidence(10, 5), Evidence(30, value=F("0.9"))]) == Evidence(40, value=F("0.8"))
    assert pooled([Evidence(0, 0)]) is None


def test_peer_groups_stand_apart() -> None:
    book = Book(groups={"A": "children", "B": "children"})
    for entity, numerator in (("A", 1), ("B", 2), ("C", 3)):
        book.add("claims", "m", entity, "P", Evidence(10, numerator))
    assert list(book.peers("claims", "m", "P", "children")) == ["A", "B"]
    assert list(book.peers("claims", "m", "P", "")) == ["C"]
    assert book.entities("P") == {"A", "B", "C"}
    assert book.entities("Q") == set()


def test_fences_come_from_the_whole_peer_group() -> None:
    book = Book()
    book.add("claims", "stay", "A", "P", Evidence(5, values={4: 1, 5: 1, 6: 1, 7: 1, 8: 1}))
    book.add("claims", "stay", "B", "P", Evidence(1, values={90: 1}))
    assert book.fences("claims", "stay", "P", "", "linear") == (F("-2.25"), F("15.25"))
    assert book.fences("claims", "stay", "Q", "", "linear") is None


WHITE, BLACK, ASIAN = Group(40, 50), Group(16, 24), Group(4, 10)
GROUPS = {"white": WHITE, "black": BLACK, "asian": ASIAN}


def test_a_gap_is_a_difference_and_a_ratio_and_needs_enough_people_on_both_sides() -> None:
    asian, black, white = gaps(GROUPS, "higher", 11, "best")
    assert asian == Gap("asian", ASIAN, status="too_few")
    assert black == Gap("black", BLACK, "white", WHITE, F(-2, 15), F(5, 6), "compared")
    assert white == Gap("white", WHITE, status="reference")


def test_the_best_group_of_a_lower_is_better_measure_has_the_lowest_rate() -> None:
    white = gaps(GROUPS, "lower", 11, "best")[2]
    assert (white.reference, white.difference) == ("black", F(2, 15))


def test_the_reference_can_be_the_largest_group_or_everybody_else() -> None:
    assert gaps(GROUPS, "lower", 11, "largest")[1].reference == "white"
    rest = gaps(GROUPS, "higher", 11, "rest")[1]
    assert (rest.reference, rest.reference_group) == (REST, Group(44, 60))
    assert rest.difference == F(16, 24) - F(44, 60)


@pytest.mark.parametrize("reference", ["best", "largest", "rest"])
def test_one_group_alone_has_no_reference(reference: str) -> None:
    assert [g.status for g in gaps({"white": WHITE}, "higher", 11, reference)] in (["no_reference"], ["reference"])
    assert gaps({"white": WHITE}, "higher", 11, reference)[0].difference is None


def test_ten_people_are_too_few_and_eleven_enough() -> None:
    found = gaps({"a": Group(5, 10), "b": Group(5, 11), "c": Group(11, 11)}, "higher", 11, "best")
    assert [g.status for g in found] == ["too_few", "compared", "reference"]


def test_a_reference_of_zero_has_a_difference_and_no_ratio() -> None:
    (gap, _) = gaps({"a": Group(2, 20), "b": Group(0, 20)}, "lower", 11, "best")
    assert (gap.difference, gap.ratio, gap.status) == (F("0.1"), None, "ratio_undefined")


def test_the_widest_gap_is_one_figure_that_is_better_when_lower() -> None:
    assert widest(GROUPS, "higher", 11, "gap_difference") == (F(2, 15), 24)
    assert widest(GROUPS, "lower", 11, "gap_difference") == (F(2, 15), 24)
    assert widest(GROUPS, "higher", 11, "gap_ratio") == (F(6, 5), 24)
    assert widest({"white": WHITE, "asian": ASIAN}, "higher", 11, "gap_difference") is None
    assert widest({"a": Group(0, 20), "b": Group(3, 20)}, "higher", 11, "gap_ratio") is None
