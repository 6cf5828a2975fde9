"""Relations that must hold exactly between two runs of the commands, whatever the right numbers are.

The claims are a quarter of the synthetic state, and for dollars a town of two practices whose numbers can be worked out by hand.
"""

from __future__ import annotations

import csv
import io
import re
import shutil
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import pytest
from flow.harness import BY_DELIVERY, BY_MONTH, PROGRAMS, Done, Row, State, only, table, trueup, well

AS_OF = {BY_MONTH: "2026-09-27", BY_DELIVERY: "2023-01-29"}
COMPARED = ("episodes", "episode_lines", "attribution_months", "attribution_candidates", "entity_gates", "exclusion_facts", "attrition",
            "settlements", "settlement_steps", "refusals", "pregnancies", "case_rate_months", "payments", "zero_pay_lines")  # fmt: skip
PRICED = ("prices", "price_steps", "outlier_lines")
Tables = dict[str, Counter[str]]


@dataclass(frozen=True)
class Answer:
    """What the commands made of some files: per program the run's folder, and the price set it was settled with."""

    runs: dict[str, Path]
    prices: Path
    said: list[Done]

    @property
    def price_set(self) -> str:
        return self.prices.name

    def priced(self) -> dict[str, list[Row]]:
        """Every amount of the price set and how it was built. Its id also holds the base episodes' ids, which are made of members' ids."""
        return {name: table(self.prices, name) for name in PRICED}

    def tables(self, program: str, names: Sequence[str] = COMPARED, *, members: Callable[[str], str] = str) -> Tables:
        """Tables as multisets of rows. Without the run's id and ids that are made of others; an episode is named by its member and day, a
        pregnancy by its member and span, members by `members`."""
        folder = self.runs[program]
        episodes: dict[str | None, object] = {
            e["episode_id"]: (members(e["member_id"]), e["delivery_date"]) for e in table(folder, "episodes")
        }
        pregnancies: dict[str, object] = {
            p["pregnancy_id"]: (members(p["member_id"]), p["end_kind"], p["pregnancy_start_date"], p["end_date"])
            for p in table(folder, "pregnancies")
        }
        assert len(set(pregnancies.values())) == len(pregnancies)
        episodes[None], pregnancies[""] = None, ""

        def comparable(row: Row) -> str:
            kept = {k: v for k, v in row.items() if k not in ("run_id", "payment_id")}
            if "episode_id" in kept:
                kept["episode_id"] = episodes[kept["episode_id"]]
            if "pregnancy_id" in kept:
                kept["pregnancy_id"] = pregnancies[kept["pregnancy_id"]]
            if "member_id" in kept:
                kept["member_id"] = members(kept["member_id"])
            return repr(sorted(kept.items()))

        return {name: Counter(comparable(row) for row in table(folder, name)) for name in names}

    def accounting(self, program: str) -> Counter[tuple[str, str, str]]:
        """Rows by table, disposition and reason, over all batches."""
        found: Counter[tuple[str, str, str]] = Counter()
        for row in table(self.runs[program], "line_accounting"):
            found[row["table_name"], row["disposition"], row["reason"]] += row["rows"]
        return found


def answer(folder: Path, *deliveries: Iterable[Path], by_month: bool = True) -> Answer:
    """Load deliveries one after the other, price and settle one program, run the other to its cost."""
    ws = folder / "workspace"
    well(trueup("init", ws, "--key", "test"))
    said = [well(trueup("load", *files, "-w", ws)) for files in deliveries]
    well(trueup("price", BY_DELIVERY, "-w", ws, "--assume", "illustrative"))
    prices = only((ws / "prices").iterdir())
    well(trueup("price", BY_DELIVERY, "-w", ws, "--final", prices.name))
    settled = trueup("settle", BY_DELIVERY, "-w", ws, "--assume", "illustrative", "--prices", prices.name, "--period", "PY2")
    assert "Settlement plan" in settled.out, settled
    if by_month:
        well(trueup("run", BY_MONTH, "-w", ws, "--assume", "illustrative", "--as-of", AS_OF[BY_MONTH]))
    return Answer({p: only(ws.glob(f"runs/*/{p}")) for p in PROGRAMS if by_month or p != BY_MONTH}, prices, said)


# --- a quarter of the state ---------------------------------------------------------------------------------------------------------


def is_kept(row: Row) -> bool:
    return "member_id" not in row or int(row["member_id"][1:]) % 4 == 3


def read(path: Path) -> list[Row]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def write(path: Path, rows: Sequence[Row], columns: Sequence[str] | None = None) -> Path:
    text = io.StringIO()
    names = columns or list(dict.fromkeys(name for row in rows for name in row))
    writer = csv.DictWriter(text, names, restval="", lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text.getvalue(), encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def quarter(claims: Path, tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    folder = tmp_path_factory.mktemp("quarter")
    return [write(folder / path.name, [r for r in read(path) if is_kept(r)]) for path in sorted(claims.glob("*.csv"))]


@pytest.fixture(scope="module")
def plain(quarter: list[Path], tmp_path_factory: pytest.TempPathFactory) -> Answer:
    """The answer that the others are compared with; it has something in every table."""
    found = answer(tmp_path_factory.mktemp("plain"), quarter)
    amounts = [s["amount_cents"] for s in table(found.runs[BY_DELIVERY], "settlements")]
    assert min(amounts) < 0 < max(amounts)
    assert all(len(table(found.runs[p], "episodes")) > 100 for p in PROGRAMS)
    assert all(len(table(found.runs[BY_MONTH], name)) > 100 for name in ("pregnancies", "case_rate_months", "zero_pay_lines"))
    return found


def mirrored(member: str) -> str:
    """A member's id for another, and back: the order of members is turned round."""
    return f"{member[0]}{9_999_999 - int(member[1:]):07}"


def other_tin(tin: str) -> str:
    return f"{tin[:2]}{9_999_999 - int(tin[2:]):07}" if tin else tin


def test_names_do_not_matter(quarter: list[Path], plain: Answer, tmp_path: Path) -> None:
    """M-3: with other member ids and tax IDs, in another order, the numbers are the same ones of other names."""
    renamed: list[Path] = []
    for path in quarter:
        rows = read(path)
        for row in rows:
            row.update({c: mirrored(row[c]) for c in ("member_id", "person_id") if c in row})
            row.update({c: other_tin(row[c]) for c in row if c == "tin" or c.endswith("_tin")})
        renamed.append(write(tmp_path / path.name, rows))
    other = answer(tmp_path, renamed)
    assert other.priced() == plain.priced()
    for program in PROGRAMS:
        assert other.tables(program, members=mirrored) == plain.tables(program)
        assert other.accounting(program) == plain.accounting(program)


def test_a_member_without_a_pregnancy_changes_nothing(quarter: list[Path], plain: Answer, tmp_path: Path) -> None:
    """M-4: her lines are counted as out, and that is all."""
    by_name = {path.name: path for path in quarter}
    claims = read(by_name["medical_claim.csv"])
    asthma = [r for r in claims if (r["diagnosis_code_1"], r["record_type"]) == ("J45909", "original") and r["received_date"] < "2022"]
    member = {"member_id": "M9999999", "person_id": "M9999999"}
    visits = [line | member | {"claim_id": f"X{n}", "claim_family_id": f"X{n}"} for n, line in enumerate(asthma[:3])]
    covered = read(by_name["eligibility.csv"])[0] | member | {"row_id": "E9999999999"}
    added = [write(tmp_path / "more_claims.csv", visits), write(tmp_path / "more_eligibility.csv", [covered])]
    other = answer(tmp_path, [*quarter, *added])
    assert other.price_set == plain.price_set
    for program in PROGRAMS:
        assert other.tables(program) == plain.tables(program)
        more = other.accounting(program) - plain.accounting(program)
        assert (sum(more.values()), {place for _, place, _ in more}) == (3, {"excluded"})
        assert plain.accounting(program) - other.accounting(program) == Counter()


def test_every_file_twice_changes_nothing(quarter: list[Path], plain: Answer, tmp_path: Path) -> None:
    """M-5: as the same file under another name, and as a later file with the same rows and its columns turned round."""
    copies = [Path(shutil.copy(path, tmp_path / f"copy_of_{path.name}")) for path in quarter]
    turned = [write(tmp_path / f"turned_{path.name}", rows, list(rows[0])[::-1]) for path in quarter for rows in [read(path)]]
    other = answer(tmp_path, [*quarter, *copies], turned)
    assert len(re.findall(r"is loaded already, in batch .+ \(dup\.file\)", other.said[0].out)) == len(quarter)
    assert other.price_set == plain.price_set
    for program in PROGRAMS:
        assert other.tables(program) == plain.tables(program)
        once, twice = plain.accounting(program), other.accounting(program)
        assert sum(twice.values()) == 2 * sum(once.values())
        assert {k: n for k, n in twice.items() if k[1] == "used"} == {k: n for k, n in once.items() if k[1] == "used"}


def test_how_the_rows_are_spread_over_files_does_not_matter(quarter: list[Path], plain: Answer, tmp_path: Path) -> None:
    """M-6: each file in three pieces, dealt like cards and in two deliveries, so that the lines of a claim come apart."""
    pieces: list[list[Path]] = [[], []]
    for path in quarter:
        rows = read(path)
        for part in range(3):
            if rows[part::3]:
                pieces[part % 2].append(write(tmp_path / f"{part}_{path.name}", rows[part::3]))
    other = answer(tmp_path, *pieces)
    assert other.price_set == plain.price_set
    for program in PROGRAMS:
        assert other.tables(program) == plain.tables(program)
        assert other.accounting(program) == plain.accounting(program)


# --- a share of nothing -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("program", "file", "share", "none"),
    [
        (BY_DELIVERY, "2020.yaml", 'share_rate: {value: "0.50",', 'share_rate: {value: "0.00",'),
        (BY_MONTH, "assumptions/illustrative.yaml", 'settlement.share_rate: {value: "0.50",', 'settlement.share_rate: {value: "0.00",'),
    ],
)
def test_a_share_of_nothing_is_nothing(
    state: State, programs: Path, tmp_path: Path, program: str, file: str, share: str, none: str
) -> None:
    """M-13: every amount is zero, and everything before the share is as it was."""
    mine = shutil.copytree(programs, tmp_path / "programs", ignore=shutil.ignore_patterns("cases"))
    text = (mine / program / file).read_text(encoding="utf-8")
    assert text.count(share) == 1
    (mine / program / file).write_text(text.replace(share, none), encoding="utf-8")
    ws = state.copy(tmp_path / "workspace")
    price_set = state.price_sets[program]
    done = trueup("settle", program, "-w", ws, "--prices", price_set, "--assume", "illustrative", "--true-up", "--programs", mine)
    assert done.code == state.said[f"settle {program}"].code
    before = table(state.runs[program], "settlements")
    after = table(only(ws.glob(f"runs/*/{program}")), "settlements")
    parts = ("entity_id", "period", "cohort", "unit_count", "expected_amount_cents", "actual_amount_cents")
    assert [tuple(r[p] for p in parts) for r in after] == [tuple(r[p] for p in parts) for r in before]
    assert [r["amount_cents"] for r in after] == [0] * len(before)
    assert "payable" not in {r["status"] for r in after}
    assert "owed" not in {r["status"] for r in after}


# --- a town of two practices --------------------------------------------------------------------------------------------------------

SAVES, LOSES = "070000001", "070000002"
# Dollars of each birth in the base and in the second year. Both practices have a mean of 10,000 in the base.
TOWN = {SAVES: ((8_000, 10_000, 12_000, 10_000), (9_000, 8_000)), LOSES: ((9_000, 11_000, 12_000, 8_000), (11_000, 11_000))}


def birth(number: int, tin: str, day: date, dollars: int) -> list[Row]:
    """A stay, its delivery, and a prenatal visit; what the visit and the delivery do not cost is the stay's."""
    last, before = day + timedelta(days=2), day - timedelta(days=60)
    mother = {
        "claim_line_number": 1,
        "member_id": f"M{number}",
        "received_date": last + timedelta(days=20),
        "diagnosis_code_type": "icd-10-cm",
    }
    stay = {"claim_id": f"S{number}", "claim_type": "institutional", "claim_start_date": day, "claim_end_date": last, "admission_date": day}
    stay |= {"discharge_date": last, "bill_type_code": "111", "drg_code_type": "ms-drg", "drg_code": "807", "billing_tin": "070000009"}
    clinician = {"claim_type": "professional", "billing_tin": tin}
    delivery = clinician | {"claim_id": f"D{number}", "claim_start_date": day, "hcpcs_code": "59409", "place_of_service_code": "21"}
    visit = clinician | {"claim_id": f"V{number}", "claim_start_date": before, "hcpcs_code": "99213", "place_of_service_code": "11"}
    born = {"diagnosis_code_1": "O80", "diagnosis_code_2": "Z370"}
    return [
        mother | stay | born | {"paid_amount": dollars - 2_100},
        mother | delivery | born | {"paid_amount": 2_000},
        mother | visit | {"diagnosis_code_1": "Z3490", "paid_amount": 100},
    ]


def town(folder: Path, times: int) -> list[Path]:
    """The town's files, all dollars multiplied."""
    lines: list[Row] = []
    for tin, years in TOWN.items():
        for first, costs in zip((date(2019, 9, 1), date(2022, 2, 1)), years, strict=True):
            for nth, dollars in enumerate(costs):
                lines += birth(len(lines) + 1, tin, first + timedelta(days=40 * nth), dollars)
    known = {"received_date": "2018-01-01"}
    woman = {"gender": "female", "birth_date": "1993-04-05", "enrollment_start_date": "2018-01-01", "enrollment_end_date": "2023-12-31"}
    practice = {"name": "Practice", "provider_type": "obstetrics", "effective_from": "2018-01-01"}
    taking_part, passing = {"program": BY_DELIVERY, "joined_on": "2020-11-01"}, {"program": BY_DELIVERY, "period": "PY2", "gate": "quality"}
    tables: dict[str, list[Row]] = {
        "medical_claim": [line | {"paid_amount": f"{line['paid_amount'] * times}.00"} for line in lines],
        "eligibility": [known | woman | {"member_id": m, "person_id": m} for m in sorted({line["member_id"] for line in lines})],
        "provider": [known | practice | {"npi": f"2{tin}", "tin": tin, "entity_id": tin} for tin in TOWN],
        "participation": [known | taking_part | {"entity_id": tin} for tin in TOWN],
        "gate_results": [known | passing | {"entity_id": tin, "passed": "true"} for tin in TOWN],
    }
    return [write(folder / f"{name}.csv", rows) for name, rows in tables.items()]


def amounts(found: Answer) -> dict[str, tuple[int, int, int]]:
    rows = table(found.runs[BY_DELIVERY], "settlements")
    return {r["entity_id"]: (r["actual_amount_cents"], r["expected_amount_cents"], r["amount_cents"]) for r in rows}


def test_ten_times_the_dollars_are_ten_times_the_result(tmp_path: Path) -> None:
    """M-2, in cents. By hand: thresholds 10,000 and 9,800; half of 19,600 - 17,000, and half of 22,000 - 20,000."""
    once = answer(tmp_path / "once", town(tmp_path / "once", 1), by_month=False)
    tenfold = answer(tmp_path / "tenfold", town(tmp_path / "tenfold", 10), by_month=False)
    assert amounts(once) == {SAVES: (1_700_000, 2_000_000, 130_000), LOSES: (2_200_000, 2_000_000, -100_000)}
    assert amounts(tenfold) == {tin: tuple(10 * cents for cents in figures) for tin, figures in amounts(once).items()}

    def cents(found: Answer) -> Counter[tuple[str, int]]:
        places = {"episode_lines": "cost_cents", "episodes": "total_cost_cents", "line_accounting": "amount_cents"}
        return Counter((name, row[column]) for name, column in places.items() for row in table(found.runs[BY_DELIVERY], name))

    assert cents(tenfold) == Counter({(name, 10 * amount): n for (name, amount), n in cents(once).items()})
    assert once.price_set != tenfold.price_set
