"""Random draws and the calendar: integers only, exact counts."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from trueup.rules.load import load_program
from trueup.synthetic.calendar import build_calendar, day_number
from trueup.synthetic.draw import Draw, scale
from trueup.synthetic.entities import npi


@given(seed=st.integers(0, 2**32), region=st.integers(0, 1000))
def test_a_stream_is_known_by_seed_and_region(seed: int, region: int) -> None:
    one, two = Draw(seed, region), Draw(seed, region)
    assert one.between(0, 10**6, 5).tolist() == two.between(0, 10**6, 5).tolist()
    assert one.shuffled(20).tolist() == two.shuffled(20).tolist()


def test_the_first_draws_of_seed_one_are_fixed() -> None:
    assert Draw(1, 0).between(0, 999, 5).tolist() == [473, 511, 755, 950, 34]


@given(st.integers(0, 10**9), st.lists(st.integers(0, 3000), min_size=1, max_size=4))
def test_scale_rounds_down_after_each_factor(value: int, factors: list[int]) -> None:
    expected = value
    for factor in factors:
        expected = expected * factor // 1000
    assert int(scale(value, *factors)) == expected


def test_pick_never_takes_a_weight_of_zero() -> None:
    assert set(Draw(3, 0).pick([0, 5, 0, 1, 0], 2000).tolist()) == {1, 3}


def test_curve_stays_between_its_points() -> None:
    drawn = Draw(3, 0).curve(((0, 2), (5000, 10), (10000, 50)), 5000)
    assert (int(drawn.min()), int(drawn.max())) == (2, 49)
    assert 2450 <= int((drawn <= 10).sum()) <= 2650


def test_a_stream_beside_leaves_the_numbers_as_they_are() -> None:
    plain, other, again = Draw(3, 0), Draw(3, 0), Draw(3, 0)
    found = other.beside().between(0, 10**6, 50).tolist()
    assert found == again.beside().between(0, 10**6, 50).tolist() != plain.between(0, 10**6, 50).tolist()
    assert other.between(0, 10**6, 50).tolist() == Draw(3, 0).between(0, 10**6, 50).tolist()


def test_noise_is_centered_and_bounded() -> None:
    drawn = Draw(5, 0).noise(20_000, 150)
    assert int(drawn.min()) >= 850
    assert int(drawn.max()) <= 1150
    assert 998 <= int(drawn.sum()) // 20_000 <= 1001


def test_the_calendar_covers_each_period_with_its_windows(programs: Path) -> None:
    both = [load_program(programs, name, assumptions="illustrative") for name in ("ct-husky-maternity", "co-maternity")]
    calendar = build_calendar(both)
    # births count by episode end, 60 days after a stay, from the first day of the two base years
    assert calendar.first_birth == day_number(both[1].periods[0].first_day) - 65 - 45
    assert calendar.last_birth == day_number(date(2026, 12, 31)) + 45
    assert calendar.data_end == day_number(date(2026, 12, 31)) + 90 + 180
    assert [(g.first, g.last, g.threshold) for g in calendar.gates] == [(day_number(date(2023, 3, 1)), day_number(date(2024, 2, 29)), 30)]
    assert calendar.merge_day == day_number(date(2021, 11, 1))
    full = calendar.weights == 10
    assert bool(full[day_number(date(2023, 3, 1)) - calendar.first_birth])
    assert not bool(full[day_number(date(2024, 6, 1)) - calendar.first_birth])


def test_month_counts_are_exact(programs: Path) -> None:
    calendar = build_calendar([load_program(programs, "ct-husky-maternity", assumptions="illustrative")])
    months = {first: births for first, _, births in calendar.month_counts(1080)}
    # 31 days of 365 at 1,080 a year are 91.7 births; outside the needed days a tenth
    assert months[day_number(date(2025, 1, 1))] == 92
    assert months[day_number(date(2024, 7, 1))] == 9


@given(st.integers(0, 99_999_999))
def test_npis_have_valid_check_digits(number: int) -> None:
    digits = [int(c) for c in reversed("80840" + npi(number))]
    total = sum(d if i % 2 == 0 else (d * 2 - 9 if d > 4 else d * 2) for i, d in enumerate(digits))
    assert total % 10 == 0
    assert len(npi(number)) == 10


def test_arrays_are_64_bit_everywhere() -> None:
    draw = Draw(1, 0)
    assert {a.dtype for a in (draw.between(0, 1, 3), draw.pick([1, 2], 3), draw.shuffled(3), draw.noise(3))} == {np.dtype(np.int64)}
