"""Random lives of hospital members: stays of every kind at a few hospitals, interim bills, visits, and coverage that may end."""

from __future__ import annotations

import random
from datetime import date, timedelta
from typing import Any

Row = dict[str, Any]
FACILITIES = ("1234567893", "1356781231", "1467892340")
FIRST = date(2025, 1, 1)
# kind -> (bill type, revenue code, principal diagnosis, mental, self-harm, planned)
FORMS: tuple[tuple[str, str, str, str, bool, bool, bool], ...] = (
    ("psychiatric", "11", "0124", "F322", True, False, False),
    ("psychiatric", "11", "0124", "F411", True, False, False),
    ("psychiatric", "11", "0124", "R45851", False, False, False),
    ("acute", "11", "0120", "J189", False, False, False),
    ("acute", "11", "0120", "T391X2A", False, True, False),
    ("acute", "11", "0120", "Z5111", False, False, True),
    ("non_acute", "21", "0191", "J189", False, False, False),
    ("residential", "86", "1001", "F322", True, False, False),
)


def history(seed: int) -> Row:
    """One member: claims as the oracle sees them, rows as intake does, days of visits, the last covered day."""
    draw = random.Random(seed)
    member = f"M{seed}"
    claims: list[Row] = []
    day = FIRST + timedelta(days=draw.randrange(60))
    for _ in range(draw.randrange(1, 7)):
        kind, bill, revenue, dx, mental, harm, planned = draw.choice(FORMS[:3] if draw.random() < 0.6 else FORMS)
        facility = draw.choice(FACILITIES)
        length = draw.choice((0, 1, 2, 3, 5, 9, 20))
        end = day + timedelta(days=length)
        common = {"facility": facility, "kind": kind, "bill": bill, "revenue": revenue, "dx": dx}
        flags = {"mental": mental, "self_harm": harm, "planned": planned}
        if length >= 5 and draw.random() < 0.3:
            middle = day + timedelta(days=draw.randrange(1, length))
            claims.append({**common, **flags, "start": day, "end": middle, "still": True, "ama": False})
            claims.append({**common, **flags, "start": middle + timedelta(days=1), "end": end, "still": False, "ama": False})
        else:
            still = draw.random() < 0.05
            claims.append({**common, **flags, "start": day, "end": end, "still": still, "ama": not still and draw.random() < 0.1})
        day = end + timedelta(days=draw.choice((-2, -1, 0, 0, 1, 1, 2, 2, 3, 3, 4, 7, 8, 25, 29, 30, 31, 32, 60)))
        day = max(day, FIRST)
    for n, claim in enumerate(claims):
        claim["id"] = f"{member}-{n:02d}"
    visits = [FIRST + timedelta(days=draw.randrange(330)) for _ in range(draw.randrange(0, 8))]
    covered_to = date(2030, 12, 31) if draw.random() < 0.7 else FIRST + timedelta(days=draw.randrange(120, 420))
    return {"member": member, "claims": claims, "visits": visits, "covered_to": covered_to}


def rows_of(life: Row) -> dict[str, list[Row]]:
    """The same life as input rows."""
    medical = [_claim(life["member"], c) for c in life["claims"]]
    medical += [_visit(life["member"], n, day) for n, day in enumerate(life["visits"])]
    cover = {
        "member_id": life["member"], "birth_date": date(2012, 6, 15), "enrollment_start_date": date(2020, 1, 1),
        "enrollment_end_date": life["covered_to"],
    }  # fmt: skip
    return {"medical_claim": medical, "eligibility": [cover]}


def _claim(member: str, c: Row) -> Row:
    return {
        "claim_id": c["id"], "claim_line_number": 1, "version_seq": 1, "record_type": "original", "claim_status": "paid",
        "claim_type": "institutional", "member_id": member, "bill_type_code": c["bill"] + ("2" if c["still"] else "1"),
        "claim_start_date": c["start"], "claim_end_date": c["end"], "claim_line_start_date": c["start"], "claim_line_end_date": c["end"],
        "discharge_date": None if c["still"] else c["end"],
        "discharge_disposition_code": "30" if c["still"] else "07" if c["ama"] else "01",
        "revenue_center_code": c["revenue"], "diagnosis_code_type": "icd-10-cm", "diagnosis_code_1": c["dx"],
        "facility_npi": c["facility"], "paid_amount": "1000.00",
    }  # fmt: skip


def _visit(member: str, n: int, day: date) -> Row:
    return {
        "claim_id": f"{member}-V{n}", "claim_line_number": 1, "version_seq": 1, "record_type": "original", "claim_status": "paid",
        "claim_type": "professional", "member_id": member, "claim_start_date": day, "claim_line_start_date": day, "hcpcs_code": "90834",
        "place_of_service_code": "11", "diagnosis_code_type": "icd-10-cm", "diagnosis_code_1": "F322", "paid_amount": "90.00",
    }  # fmt: skip
