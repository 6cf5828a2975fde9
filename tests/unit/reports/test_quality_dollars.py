"""A measure that is a mean of dollars shows dollars, whatever the table holds."""

from __future__ import annotations

from decimal import Decimal

from trueup.reports import words_quality as said
from trueup.reports.grid import Stated


def test_a_mean_in_cents_reads_in_dollars() -> None:
    assert said.share(Decimal("539921.960000"), "cents") == Stated("5399.22", "dollars")
    assert said.share(Decimal("0.385700")) == Stated("0.385700", "share")
    assert said.share(None, "cents") is None
