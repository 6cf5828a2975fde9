"""Invented results of organizations for programs that are settled from such results: what somebody else computed of each one's year."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from trueup.synthetic.draw import Draw
from trueup.synthetic.entities import Row

if TYPE_CHECKING:
    from trueup.rules.program import Program

ORGANIZATIONS, YEARS = 36, 3
STREAM = 88
_SIZES = (5_200, 7_400, 9_100, 12_500, 18_000, 27_000, 44_000, 61_000, 3_100)
# cost beside the benchmark, per ten thousand: savings of eight percent to losses of five
_LEAST, _MOST = 9_200, 10_500


def result_rows(programs: list[Program], seed: int) -> list[Row]:
    """A row for each organization and each of the latest performance periods, in the columns of `entity_results`."""
    rows: list[Row] = []
    for program in programs:
        draw = Draw.of_theme(seed, 0, STREAM)
        tracks = program.ids("settlement.tracks")
        for period in sorted((p for p in program.periods if p.role == "performance"), key=lambda p: p.first_day)[-YEARS:]:
            open_tracks = [t for t in tracks if _open(program, t, int(period.program_year or period.first_day.year))]
            received = (period.last_day + timedelta(days=240)).isoformat()
            rows += [_row(program, draw, open_tracks[k % len(open_tracks)], k, period.id, received) for k in range(ORGANIZATIONS)]
    return rows


def _open(program: Program, track: str, year: int) -> bool:
    path = f"settlement.tracks.{track}"
    last = program.get(f"{path}.to_year") if program.known(f"{path}.to_year") else None
    return int(program.get(f"{path}.from_year")) <= year <= (int(last) if last is not None else year)


def _row(program: Program, draw: Draw, track: str, k: int, period: str, received: str) -> Row:
    path = f"settlement.tracks.{track}"
    members = _SIZES[k % len(_SIZES)] + int(draw.between(0, 900, 1)[0])
    per_person = int(draw.between(1_040_000, 1_420_000, 1)[0])
    benchmark = members * per_person
    cost = benchmark * int(draw.between(_LEAST, _MOST, 1)[0]) // 10_000
    chosen = program.get(f"{path}.minimum_savings") == "chosen"
    choices = program.get("settlement.minimum_savings.choices")
    quality, standard = int(draw.between(60, 98, 1)[0]), k % 9 != 7
    return {
        "program": program.id, "entity_id": f"ACO{k + 1:04d}", "period": period, "track": track, "assigned_members": str(members),
        "person_years": f"{members * 97 // 100}.00", "benchmark": _dollars(benchmark), "expenditure": _dollars(cost),
        "minimum_savings_rate": str(choices[k % len(choices)]) if chosen else "", "quality_score": f"0.{quality:02d}",
        "met_quality_standard": "true" if standard else "false", "met_alternative_standard": "true" if k % 18 == 7 else "false",
        "participant_revenue": _dollars(benchmark * (3 + k % 5) // 10), "low_revenue": "true" if k % 3 == 0 else "false",
        "agreement_start_date": "2024-01-01", "agreement_year": str(1 + k % 3), "received_date": received,
    }  # fmt: skip


def _dollars(cents: int) -> str:
    return f"{cents // 100}.{cents % 100:02d}"
