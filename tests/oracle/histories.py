"""Small random claim histories, full of edges, as input rows in the case-file form."""

from __future__ import annotations

from datetime import date, timedelta
from random import Random
from typing import Any

from .claim_lives import LIVES, Lives
from .courses import Courses

Row = dict[str, Any]

NPIS = ("1000000004", "1000000012", "1000000020", "1000000038", "1000000046")
PROVIDERS: tuple[tuple[str | None, ...], ...] = (
    (NPIS[0], "100000001", "E1", "obstetrics", "2015-01-01", None),
    (NPIS[1], "100000002", "E2", "obstetrics", "2015-01-01", "2025-03-01"),
    (NPIS[1], "100000001", "E1", "midwife", "2025-03-01", None),
    (NPIS[2], "100000003", None, "midwife", None, None),
    (NPIS[3], "100000004", "E4", "fqhc", "2015-01-01", None),
)
ROSTER: tuple[tuple[str | None, ...], ...] = (
    ("E1", "2020-11-01", "2021-08-15", None),
    ("E1", "2021-09-15", None, None),
    ("E2", "2021-02-01", None, None),
    ("100000003", "2019-11-01", "2020-12-31", "E5"),
    ("E5", "2020-12-31", None, None),
    ("100000005", "2020-11-01", None, None),
)
CROSSWALK = (("100000002", "E2X", "2025-01-01", None), ("100000005", "E5", None, "2024-06-01"))
TINS = ("100000001", "100000001", "100000002", "100000003", "100000004", "100000005", None)
PROFESSIONAL_DELIVERY = ("59400", "59409", "59410", "59510", "59514", "59610")
VISITS = ("99213", "99214", "59425", "59430", "H1001", "76805", "80055", "G2067", "0500F", "58300", "01967", "99283")
VISIT_DX = ("O0902", "O0993", "Z3A20", "Z3A32", "Z3483", "F320", "F1120", "O99320", "Z0000", "J069", "Z3A09", "O80", "Z370")


class Histories(Lives, Courses):
    """Draws the rows of a handful of members; `rng` decides everything."""

    def __init__(self, rng: Random, days: tuple[date, ...]) -> None:
        self.rng, self.days = rng, days
        self.count = 0
        self.medical: list[Row] = []
        self.pharmacy: list[Row] = []
        self.eligibility: list[Row] = []
        self.payments: list[Row] = []
        self.risk: list[Row] = []
        self.transfers: list[Row] = []

    def tables(self, members: int, program: str, courses: float = 0.0) -> dict[str, list[Row]]:
        """The rows of some members; `courses` is the share of those who are followed from month to month."""
        for number in range(members):
            draw = self._course if self.rng.random() < courses else self._member
            draw(f"M{number:03d}", program)
        provider = [
            dict(zip(("npi", "tin", "entity_id", "provider_type", "effective_from", "effective_to"), p, strict=True)) for p in PROVIDERS
        ]
        crosswalk = [dict(zip(("tin", "entity_id", "effective_from", "effective_to"), c, strict=True)) for c in CROSSWALK]
        participation: list[Row] = [dict(zip(("entity_id", "joined_on", "left_on", "successor_entity_id"), r, strict=True)) for r in ROSTER]
        participation = [{"program": program, "row_id": f"R{n}", **row} for n, row in enumerate(participation)]
        participation.append({**participation[-1], "row_id": "RX", "replaces_row_id": f"R{len(ROSTER) - 1}", "left_on": "2024-01-01"})
        participation.append({"program": "another-program", "row_id": "RY", "entity_id": "E5", "joined_on": "2020-01-01"})
        gates = [
            {
                "program": program,
                "entity_id": entity,
                "period": period,
                "gate": gate,
                "passed": self.rng.choice(("true", "true", "false")),
                "multiplier": "0.8",
            }
            for entity in ("E1", "E2", "E5", "100000003")
            for period in ("PY2025", "PY1", "PY2")
            for gate in ("quality", "under_service")
            if self.rng.random() < 0.9
        ]
        gates += [
            {**gates[0], "passed": "false", "received_date": "2026-05-01"},
            {**gates[0], "passed": "true", "received_date": "2020-05-01"},
        ]
        found = {
            "medical_claim": self.medical,
            "pharmacy_claim": self.pharmacy,
            "eligibility": self.eligibility,
            "provider": provider,
            "entity_crosswalk": crosswalk,
            "participation": participation,
            "payments_made": self.payments,
            "risk_scores": self.risk,
            "gate_results": gates,
            "member_transfers": self.transfers,
        }
        return {name: [{k: str(v) for k, v in row.items() if v is not None} for row in rows] for name, rows in found.items() if rows}

    # --- one member -------------------------------------------------------------------------------------------------------------

    def _member(self, member: str, program: str) -> None:
        pick = self.rng.choice
        birth = pick(self.days) + timedelta(days=self.rng.randint(-3, 3))
        for _ in range(pick((1, 1, 1, 2, 2, 3))):
            self._pregnancy(member, birth, program)
            birth += timedelta(days=pick((20, 100, 166, 167, 168, 169, 230, 280, 330, 370, 371, 400)))
        start = birth - timedelta(days=1500)
        if pick((True, True, True, False)):
            cut = birth - timedelta(days=self.rng.randint(100, 700))
            gap = pick((0, 1, 44, 45, 46, 47, 90))
            dual = pick((None,) * 8 + ("02", "2"))
            common = {"member_id": member, "gender": "female", "birth_date": "1995-05-05", "death_date": pick((None, None, None, birth))}
            first = {**common, "enrollment_start_date": start, "enrollment_end_date": cut, "row_id": f"{member}A"}
            self.eligibility.append(first)
            if pick((False, False, False, True)):
                self.eligibility.append(
                    {**first, "row_id": f"{member}B", "replaces_row_id": f"{member}A", "record_type": pick(("void", "replacement"))}
                )
                self.eligibility[-1] |= {
                    "enrollment_end_date": cut - timedelta(days=20),
                    "received_date": pick(("2020-01-01", "2029-01-01")),
                }
            end = pick((None, birth + timedelta(days=30), date(2027, 12, 31)))
            after = cut + timedelta(days=gap + 1)
            if end is None or end >= after:
                self.eligibility.append({**common, "enrollment_start_date": after, "enrollment_end_date": end, "dual_status_code": dual})

    def _pregnancy(self, member: str, birth: date, program: str) -> None:
        pick, rng = self.rng.choice, self.rng
        weeks = pick((None, None, 39, 38, 24, 41))
        cesarean = pick((False, False, True))
        diagnoses = [pick(("O82", "O7582") if cesarean else ("O80", "O4202")), pick(("Z370", "Z370", "Z371", "Z372", "Z373", None))]
        diagnoses += [f"Z3A{weeks}" if weeks else None, pick((None, None, "O30003", "O30103"))]
        admitted, discharged = birth - timedelta(days=pick((0, 0, 1, 2))), birth + timedelta(days=pick((0, 1, 2, 4)))
        if pick((True, True, True, True, False)):
            procedure = ("10D00Z1" if cesarean else "10E0XZZ", birth) if pick((True, True, False)) else None
            drg = pick(("788", "786") if cesarean else ("807", "805", "775")) if pick((True, True, False)) else None
            self._hospital(member, admitted, discharged, diagnoses, procedure, drg)
        if pick((False, False, False, True)):
            self._hospital(
                member, discharged + timedelta(days=pick((0, 1, 2, 3))), discharged + timedelta(days=6), [*diagnoses[1:]], None, None
            )
        for _ in range(pick((0, 1, 1, 1, 1, 1, 2))):
            when = birth + timedelta(days=pick((0, 0, 0, 1, -1, 3, 4)))
            line = {"hcpcs_code": pick(PROFESSIONAL_DELIVERY), "place_of_service_code": pick(("21", "25", "11"))}
            self._claim(
                member, "professional", when, [{**line, "paid_amount": pick(("1200.00", "1199.99", "0"))}], [pick(("O80", "O82")), None]
            )
        if pick((False, False, False, False, True)):
            self._claim(
                member,
                "professional",
                birth + timedelta(days=rng.randint(-2, 2)),
                [{"hcpcs_code": "99232", "place_of_service_code": pick(("21", "11", "12")), "paid_amount": "80"}],
                [pick(("O80", "Z370"))],
            )
        if pick((True, False, False)):
            self._newborn(member, birth)
        if pick((True, False, False, False, False, False)):
            self._loss(member, birth - timedelta(days=pick((29, 30, 31, 120, 279, 280, 281, 300))))
        offsets = (-370, -281, -280, -279, -200, -182, -181, -120, -60, -30, -7, 0, 30, 59, 60, 61, 62, 63, 64, 89, 90, 91)
        for _ in range(rng.randint(2, 9)):
            self._visit(member, birth + timedelta(days=pick(offsets) + pick((0, 0, 0, 1, -1, 10))))
        if pick((False, True)):
            self._pharmacy(member, birth + timedelta(days=pick(offsets)))
        if pick((False, True)):
            when = birth + timedelta(days=pick(offsets))
            self.payments.append(
                {
                    "program": program,
                    "payment_id": f"P{len(self.payments)}",
                    "entity_id": "E1",
                    "member_id": member,
                    "period_start_date": when.replace(day=1),
                    "purpose": pick(("case_rate", "case_rate", "add_on")),
                    "amount": "250.00",
                }
            )
        if pick((False, False, True)):
            self.risk.append(
                {"program": program, "member_id": member, "delivery_date": birth, "risk_score": pick(("1.250000", "0.900000"))}
            )

    # --- kinds of claims --------------------------------------------------------------------------------------------------------

    def _hospital(
        self, member: str, start: date, end: date, diagnoses: list[Any], procedure: tuple[str, date] | None, drg: str | None
    ) -> None:
        pick = self.rng.choice
        head: Row = {
            "bill_type_code": pick(("111", "111", "121", "131", None)),
            "drg_code": drg,
            "drg_code_type": "ms-drg" if drg else None,
        }
        if pick((True, True, False)):
            head |= {"admission_date": start, "discharge_date": end}
        if procedure:
            head |= {"procedure_code_1": procedure[0], "procedure_date_1": procedure[1], "procedure_code_type": "icd-10-pcs"}
        lines = [
            {"revenue_center_code": "0120", "paid_amount": pick(("6000.00", "9000.01"))},
            {"revenue_center_code": "0722", "paid_amount": "500"},
        ]
        if pick((False, False, True)):
            lines.append({"revenue_center_code": "0171", "paid_amount": "333.33"})
        if end > start and pick((False, False, True)):
            middle = start + timedelta(days=(end - start).days // 2)
            self._claim(member, "institutional", start, lines[:1], diagnoses, {**head, "bill_type_code": "112"}, end=middle)
            start = middle + timedelta(days=pick((0, 1)))
            if "admission_date" in head and pick((True, False)):
                head["admission_date"] = start
        self._claim(member, "institutional", start, lines, diagnoses, head, end=max(start, end))

    def _newborn(self, member: str, birth: date) -> None:
        pick = self.rng.choice
        end = birth + timedelta(days=pick((2, 2, 20)))
        head = {"bill_type_code": pick(("111", "111", None)), "drg_code": pick(("795", "790", None)), "drg_code_type": "ms-drg"}
        if pick((True, False)):
            head |= {"admission_date": birth, "discharge_date": end}
        self._claim(
            member,
            "institutional",
            birth,
            [{"revenue_center_code": pick(("0170", "0120")), "paid_amount": "900"}],
            [pick(("Z3800", "P0739")), pick((None, None, "Z370"))],
            head,
            end=end,
        )

    def _loss(self, member: str, when: date) -> None:
        for _ in range(self.rng.choice((1, 1, 2))):
            self._claim(
                member,
                self.rng.choice(("professional", "institutional")),
                when,
                [{"hcpcs_code": self.rng.choice(("59812", "99213")), "paid_amount": "210.00"}],
                ["O0337"],
                {"bill_type_code": None, "admission_date": self.rng.choice((None, when - timedelta(days=2)))},
            )
            when += timedelta(days=self.rng.choice((5, 30, 31, 32)))

    def _visit(self, member: str, when: date) -> None:
        pick = self.rng.choice
        lines = [
            {
                "hcpcs_code": pick(VISITS),
                "place_of_service_code": pick(("11", "11", "22", "23")),
                "paid_amount": pick(("95.00", "0", "10.01")),
                "tpl_amount": pick((None,) * 40 + ("5.00",)),
            }
            for _ in range(pick((1, 1, 2)))
        ]
        if pick((True, True, True, True, False)):
            self._claim(member, "professional", when, lines, [pick(VISIT_DX), pick((None, None, *VISIT_DX))])
        else:
            head = {"bill_type_code": pick(("131", "131", "111", None))}
            self._claim(
                member, "institutional", when, [{**x, "revenue_center_code": pick(("0450", "0510"))} for x in lines], [pick(VISIT_DX)], head
            )

    def _pharmacy(self, member: str, when: date) -> None:
        self.count += 1
        self.pharmacy.append(
            {
                "claim_id": f"RX{self.count}",
                "claim_line_number": 1,
                "member_id": member,
                "dispensing_date": when,
                "ndc_code": "00000000001",
                "paid_amount": "21.37",
                "dispensing_provider_npi": NPIS[4],
            }
        )

    # --- the life of a claim ----------------------------------------------------------------------------------------------------

    def _claim(
        self, member: str, kind: str, start: date, lines: list[Row], diagnoses: list[Any], head: Row | None = None, end: date | None = None
    ) -> None:
        pick = self.rng.choice
        self.count += 1
        name = f"C{self.count}"
        known = start + timedelta(days=pick((5, 30, 90, 200)))
        base: Row = {
            "claim_id": name,
            "member_id": member,
            "claim_type": kind,
            "claim_start_date": start,
            "claim_end_date": end or start,
            "billing_npi": pick(NPIS),
            "billing_tin": pick(TINS),
            "version_seq": 1,
            "record_type": "original",
            "claim_status": "paid",
            "received_date": known,
            **(head or {}),
        }
        base |= pick(({}, {}, {}, {"claim_end_date": None}, {"allowed_amount": "44.40"}, {"received_date": None, "paid_date": known}))
        base |= {f"diagnosis_code_{n}": code for n, code in enumerate((d for d in diagnoses if d), 1)}
        first = [{**base, "claim_line_number": n, **line} for n, line in enumerate(lines, 1)]
        if kind == "professional" and pick((False,) * 9 + (True,)):
            first[0]["claim_line_start_date"] = start + timedelta(days=1)
            first = [{**row, "claim_end_date": start + timedelta(days=1)} for row in first]
        if pick((False,) * 9 + (True,)) and first[0].get("hcpcs_code"):
            first[0]["hcpcs_code"] = pick((f"{first[0]['hcpcs_code']}-22", first[0]["hcpcs_code"].lower(), f" {first[0]['hcpcs_code']} "))
        life = pick(["plain"] * 60 + LIVES.split())
        self.medical += getattr(self, f"_life_{life}")(first, known)
