"""Fabricated payers, practices and remittances. No real person, agency or practice."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from itertools import count

from hypothesis import strategies as st

from trueup.remittance.contents import Offset, Payee, Payer, Remittance, RemittanceItem
from trueup.remittance.payer import FixedLayout, PlbCodes, TmsisSettings, X12Settings

PAYER = Payer(
    name="Example Medicaid Agency",
    id="EXMCD",
    tax_id="061234567",
    street="1 State Square",
    city="Springfield",
    state="CT",
    zip="06103",
    contact_name="Payment Desk",
    contact_phone="5555550100",
)
PRACTICE = Payee(
    entity_id="P1",
    id_type="npi",
    id="1234567893",
    name="Riverside Midwives",
    tax_id="061111111",
    street="2 Elm Street",
    city="Springfield",
    state="CT",
    zip="06103",
)
OTHER = replace(PRACTICE, entity_id="P2", id_type="state_provider_id", id="000123", name="Hill Women's Health", tax_id="062222222")
X12 = X12Settings(sender_id="EXMCD", receiver_id="CLEARING", usage="test")
BY_835 = X12.model_copy(update={"case_rates_paid_by": "835"})
TMSIS = TmsisSettings(submitting_state="99", payee_tax_id_type="02")
FIXED = FixedLayout(amount_sign="overpunch", record_length=1000, accept_fitted_positions=True)
MODEL_TYPES = {("bundle", purpose): "3A" for purpose in ("case_rate", "ffs_adjustment", "shared_savings")}
PAID_ON = date(2026, 5, 15)
CODES = PlbCodes()


def settlement(entry: str, cents: int, *, corrects: str = "", entity: str = "P1", purpose: str = "shared_savings") -> RemittanceItem:
    """A settlement of program year 2025 with one practice."""
    return RemittanceItem(
        entry_id=entry,
        program="bundle",
        purpose=purpose,
        entity_id=entity,
        member_id="",
        period_start_date=date(2025, 1, 1),
        period_end_date=date(2025, 12, 31),
        cohort="",
        amount_cents=cents,
        reason="correction" if corrects else "settlement",
        corrects=corrects,
    )


def month(
    entry: str, member: str, number: int, cents: int, *, corrects: str = "", reason: str = "cycle", entity: str = "P1"
) -> RemittanceItem:
    """A case rate of one member for one month of 2026."""
    first = date(2026, number, 1)
    return RemittanceItem(
        entry_id=entry,
        program="bundle",
        purpose="case_rate",
        entity_id=entity,
        member_id=member,
        period_start_date=first,
        period_end_date=(first + timedelta(days=31)).replace(day=1) - timedelta(days=1),
        cohort="",
        amount_cents=cents,
        reason=reason,
        corrects=corrects,
        rate_version="2026-1",
    )


def recovery(receivable: str, cents: int, *, corrects: str = "", entry: str = "") -> Offset:
    """A part of a receivable of the 2025 settlement."""
    return Offset(
        receivable_id=receivable,
        amount_cents=cents,
        program="bundle",
        purpose="shared_savings",
        period_start_date=date(2025, 1, 1),
        period_end_date=date(2025, 12, 31),
        entry_id=entry,
        corrects=corrects,
    )


def pay(name: str, *items: RemittanceItem, offsets: tuple[Offset, ...] = (), payee: Payee = PRACTICE, on: date = PAID_ON) -> Remittance:
    """A remittance whose total is right."""
    total = sum(item.amount_cents for item in items) - sum(offset.amount_cents for offset in offsets)
    return Remittance(remittance_id=name, payer=PAYER, payee=payee, payment_date=on, items=items, offsets=offsets, total_cents=total)


# One cycle as a practice sees it: two members now, one month late, one month taken back, one rate raised for the past, one recovery.
CYCLE = pay(
    "R-2026-05-P1",
    month("E11", "MBR0001", 5, 25_000),
    month("E12", "MBR0002", 5, 25_050),
    month("E13", "MBR0002", 4, 25_050, reason="eligibility_retro"),
    month("E14", "MBR0003", 4, -25_000, corrects="E03", reason="attribution"),
    month("E15", "MBR0001", 4, 150, corrects="E01", reason="rate_change"),
    offsets=(recovery("RCV-7", 1_234),),
)
APRIL = pay("R-2026-04-P1", month("E01", "MBR0001", 4, 25_000), month("E03", "MBR0003", 4, 25_000), on=date(2026, 4, 15))


@st.composite
def remittances(draw: st.DrawFn, *, members: bool) -> list[Remittance]:
    """One to three payments of whatever items and offsets leave nothing negative; corrections name an earlier entry of the same file."""
    number, found = count(1), []
    cents = st.integers(-5_000_000_00, 5_000_000_00).filter(bool)
    for index in range(draw(st.integers(1, 3))):
        items: list[RemittanceItem] = []
        for amount in draw(st.lists(cents, min_size=1, max_size=6)):
            entry = f"E{next(number)}"
            chained = draw(st.sampled_from([i.entry_id for i in items])) if items and draw(st.booleans()) else ""
            if members:
                member = f"M{draw(st.integers(1, 3)):04d}"
                items.append(month(entry, member, draw(st.integers(1, 12)), amount, corrects=chained))
            else:
                items.append(settlement(entry, amount, corrects=chained))
        offsets = tuple(
            recovery(f"RCV{next(number)}", amount, corrects=draw(st.sampled_from(["", items[0].entry_id])), entry=f"O{next(number)}")
            for amount in draw(st.lists(st.integers(1, 1_000_000), max_size=2))
        )
        short = sum(offset.amount_cents for offset in offsets) - sum(item.amount_cents for item in items)
        if short > 0:
            entry = f"E{next(number)}"
            items.append(month(entry, "M0009", 1, short) if members else settlement(entry, short))
        found.append(pay(f"R{index + 1}", *items, offsets=offsets, on=PAID_ON + timedelta(days=index)))
    return found
