"""Random courses of pregnancy: months of visits by practices that follow one another, alternate or consult, with every kind of end."""

from __future__ import annotations

from datetime import date, timedelta
from random import Random
from typing import Any

Row = dict[str, Any]

# (NPI, TIN) of practices that keep to one tax ID; they resolve to E1, E2 or E2X, 100000003, E4 (a health center) and E5.
PAYEES = (
    ("1000000004", "100000001"), ("1000000012", "100000002"), ("1000000020", "100000003"), ("1000000004", "100000001"),
    ("1000000012", "100000002"), ("1000000038", "100000004"), (None, "100000005"),
)  # fmt: skip
RESOLVED = {"100000001": ("E1",), "100000002": ("E2", "E2X"), "100000004": ("E4",), "100000005": ("100000005", "E5")}
ENTITIES = ("E1", "E2", "E2X", "100000003", "E4", "E5", "100000005")
ENDS = ("birth", "birth", "birth", "birth", "stillbirth", "loss", "open", "open")
PATTERNS = ("one", "change", "change", "change", "alternate", "consult", "three", "same_month")
# (code, paid, allowed): fee-for-service, zero-paid, paid in part, and without an allowed amount
FEES = (("95.00", "95.00"), ("0", "95.01"), ("0", "95.00"), ("0", None), ("40.00", "95.00"), ("0", "0"))
GLOBAL_FEES = (("2400.00", "2400.00"), ("0", "2400.01"), ("1080.00", "2400.00"), ("1200.00", None), ("2500.00", "2400.00"))
DELIVERIES = ("59409", "59409", "59400", "59400", "59410", "59510", "59514", "59515", "59618")
VISIT_CODES = ("99213", "99213", "99213", "H1001", "59425", "59426", "59430", "76805", "58300")
CODES = ("O0902", "Z3483", "Z3482", "O0993", "O0991", "Z3A20", "Z0000", "F320", None)


class Courses:
    """Courses of one member at a time; `rng` decides everything."""

    rng: Random
    days: tuple[date, ...]
    eligibility: list[Row]
    payments: list[Row]
    transfers: list[Row]

    def _course(self, member: str, program: str) -> None:
        pick, rng = self.rng.choice, self.rng
        start = pick(self.days) + timedelta(days=rng.randint(-330, 60))
        first = start
        for _ in range(pick((1, 1, 1, 2))):
            end = self._pregnant(member, program, start)
            start = end + timedelta(days=pick((20, 40, 95, 200)))
        self._cover(member, first, end)

    def _pregnant(self, member: str, program: str, start: date) -> date:
        """One pregnancy from its start; gives its last day."""
        pick, rng = self.rng.choice, self.rng
        kind, pattern = pick(ENDS), pick(PATTERNS)
        end = start + timedelta(days=rng.randint(60, 139) if kind == "loss" else pick((278, 280, 266, 240, 190)))
        payees = rng.sample(PAYEES, 3)
        when, number = start + timedelta(days=pick((84, 97, 98, 99, 105, 140))), 0
        turn = pick((1, 2, 3, 4, 5))
        while when < end:
            for payee in self._whose(payees, pattern, number, turn):
                self._prenatal(member, payee, when, start)
            number, when = number + 1, when + timedelta(days=pick((14, 28, 28, 30, 62)))
        if pattern != "one" and pick((True, False)):
            self._transfer(member, program, payees[1], start + timedelta(days=rng.randint(90, 260)))
        if kind in ("birth", "stillbirth"):
            self._deliver(member, pick(payees[:2]), end, start, kind)
            for after in rng.sample((20, 42, 59, 60, 61, 88, 89, 90, 91), pick((0, 1, 2))):
                self._prenatal(member, payees[1], end + timedelta(days=after), start)
        elif kind == "loss":
            self._loss(member, end)
        if pick((True, False)):
            self._made(member, program, payees, end)
        return end

    def _whose(self, payees: list[Any], pattern: str, number: int, turn: int) -> list[Any]:
        """Who sees the member at a visit."""
        if pattern == "alternate":
            return [payees[number % 2]]
        if pattern == "consult":
            return [payees[0], payees[1]] if number == turn else [payees[0]]
        if pattern == "same_month":
            return [payees[0], payees[1]] if number >= turn and self.rng.random() < 0.5 else [payees[int(number > turn)]]
        if pattern in ("change", "three") and number >= turn:
            return [payees[2 if pattern == "three" and number >= turn + 2 else 1]]
        return [payees[0]]

    def _prenatal(self, member: str, payee: Any, when: date, start: date) -> None:
        pick = self.rng.choice
        weeks = f"Z3A{min(max((when - start).days // 7, 8), 42):02d}"
        paid, allowed = pick(FEES)
        code = pick(VISIT_CODES)
        line = {"hcpcs_code": code, "place_of_service_code": "11", "paid_amount": paid, "allowed_amount": allowed}
        line["tpl_amount"] = pick((None,) * 30 + ("5.00", "200.00"))
        lines = [line] if pick((True, True, True, False)) else [line, {**line, "hcpcs_code": pick(VISIT_CODES), "paid_amount": "30.00"}]
        self._claim(member, "professional", when, lines, [pick((weeks, weeks, *CODES)), pick(CODES)], self._by(payee))

    def _deliver(self, member: str, payee: Any, when: date, start: date, kind: str) -> None:
        pick = self.rng.choice
        weeks = f"Z3A{(when - start).days // 7}" if pick((True, True, False)) else None
        outcome = "Z371" if kind == "stillbirth" else pick(("Z370", "Z370", None))
        if pick((True, True, False)):
            discharged = when + timedelta(days=pick((1, 2, 4)))
            self._hospital(member, when, discharged, ["O80", outcome, weeks], pick((None, ("10E0XZZ", when))), "807")
        code = pick(DELIVERIES)
        paid, allowed = pick(GLOBAL_FEES)
        line = {"hcpcs_code": code, "place_of_service_code": pick(("21", "21", "25")), "paid_amount": paid, "allowed_amount": allowed}
        line["tpl_amount"] = pick((None,) * 15 + ("100.00",))
        self._claim(member, "professional", when, [line], ["O80", outcome, weeks], self._by(payee))
        if pick((False, False, True)):  # another practice bills its part
            paid, allowed = pick(GLOBAL_FEES)
            line = {
                **line,
                "hcpcs_code": pick(("59400", "59425", "59426", "59430", "59410")),
                "paid_amount": paid,
                "allowed_amount": allowed,
            }
            self._claim(member, "professional", when, [line], ["O80", pick((None, "Z3483"))], self._by(pick(PAYEES)))

    def _by(self, payee: Any) -> Row:
        return {"billing_npi": payee[0], "billing_tin": payee[1]}

    def _transfer(self, member: str, program: str, payee: Any, when: date) -> None:
        """A notice of transfer to one of the entities that the payee can resolve to, or its TIN; perhaps voided or corrected later."""
        pick = self.rng.choice
        entity = pick(RESOLVED.get(payee[1], (payee[1], "E5")))
        row = {
            "program": pick((program,) * 9 + ("another-program",)),
            "row_id": f"T{len(self.transfers)}",
            "member_id": member,
            "entity_id": entity,
            "transfer_date": when,
            "received_date": when + timedelta(days=pick((1, 20, 60))),
        }
        self.transfers.append(row)
        if pick((True, False, False, False)):
            changed = {"row_id": f"{row['row_id']}X", "replaces_row_id": row["row_id"], "record_type": pick(("void", "replacement"))}
            later = {"received_date": when + timedelta(days=90), "transfer_date": when + timedelta(days=pick((0, 35)))}
            self.transfers.append({**row, **changed, **later})
        if pick((True, False, False, False)):
            back = {"row_id": f"{row['row_id']}B", "entity_id": pick(ENTITIES), "transfer_date": when + timedelta(days=pick((0, 10, 40)))}
            self.transfers.append({**row, **back})

    def _made(self, member: str, program: str, payees: list[Any], end: date) -> None:
        """Payments of earlier cycles: case rates, and corrections of either sign."""
        pick = self.rng.choice
        for back in self.rng.sample(range(-3, 9), pick((2, 4, 8))):
            payee = pick(payees[:2])
            purpose = pick(("case_rate", "case_rate", "case_rate", "ffs_adjustment", "add_on"))
            self.payments.append(
                {
                    "program": program,
                    "payment_id": f"M{len(self.payments)}",
                    "entity_id": pick(RESOLVED.get(payee[1], (payee[1],))),
                    "member_id": member,
                    "period_start_date": (end - timedelta(days=30 * back)).replace(day=1),
                    "purpose": purpose,
                    "amount": pick(("250.00", "220.00")) if purpose == "case_rate" else pick(("-95.00", "95.01")),
                    "received_date": pick((None, end, end + timedelta(days=120))),
                }
            )

    def _cover(self, member: str, first: date, last: date) -> None:
        """Coverage: all of it, late and back-dated since, ended and regained, or with a death."""
        pick = self.rng.choice
        way = pick(("all", "all", "none", "back_dated", "cut", "gap", "died", "ended"))
        row = {"member_id": member, "row_id": f"{member}A", "gender": "female", "birth_date": "1996-02-29"}
        row |= {
            "enrollment_start_date": first - timedelta(days=500),
            "enrollment_end_date": None,
            "received_date": first - timedelta(days=400),
        }
        middle = first + timedelta(days=self.rng.randint(90, 270))
        later = middle + timedelta(days=pick((10, 40, 100)))
        correction = {**row, "row_id": f"{member}B", "replaces_row_id": f"{member}A", "record_type": "replacement", "received_date": later}
        if way == "back_dated":
            self.eligibility += [{**row, "enrollment_start_date": middle, "received_date": middle}, correction]
        elif way in ("cut", "gap"):
            end = middle if way == "cut" else middle.replace(day=1) - timedelta(days=1)
            self.eligibility += [row, {**correction, "enrollment_end_date": end}]
            if way == "gap":
                again = end + timedelta(days=pick((1, 20, 31, 62)))
                self.eligibility.append({**row, "row_id": f"{member}C", "enrollment_start_date": again, "received_date": later})
        elif way == "died":
            self.eligibility.append({**row, "death_date": last + timedelta(days=pick((-40, 0, 5, 40))), "received_date": last})
        elif way != "none":
            self.eligibility.append({**row, "enrollment_end_date": last if way == "ended" else None})


def draw_rates(rng: Random) -> list[list[Row]]:
    """Case rates of two price sets; some entities have none, some only one, some from the middle of a month."""
    sets: list[list[Row]] = [[], []]
    starts = ((date(2025, 1, 1), date(2024, 7, 1)), (date(2025, 7, 1), date(2026, 1, 1), date(2025, 5, 10), date(2025, 1, 1)))
    for number, rows in enumerate(sets):
        for entity in ENTITIES:
            if rng.random() < (0.9 if number == 0 else 0.5):
                start = rng.choice(starts[number])
                rows.append(
                    {
                        "entity_id": entity,
                        "price": "case_rate",
                        "cohort": "all",
                        "effective_from": start,
                        "effective_to": rng.choice((date(start.year + 1, 1, 1), date(2100, 1, 1))),
                        "amount_cents": rng.randint(15_000, 30_000),
                        "status": "final",
                    }
                )
    return sets
