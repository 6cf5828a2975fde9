"""Input rows to final claim lines: reading CSV, the canonical form, and final action as of a date (sections 1 and 2 of the page)."""

from __future__ import annotations

import csv
import gzip
import re
from collections import defaultdict
from datetime import date
from pathlib import Path
from typing import Any

from .rules import as_date

Row = dict[str, Any]
MONEY = re.compile(r"-?\d+(\.\d{1,2})?")
SIGNS = [  # a table is recognized by its columns
    ("pharmacy_claim", {"claim_id", "dispensing_date", "ndc_code"}),
    ("medical_claim", {"claim_id", "claim_line_number", "claim_type", "claim_start_date", "hcpcs_code"}),
    ("eligibility", {"member_id", "enrollment_start_date", "enrollment_end_date", "gender"}),
    ("payments_made", {"payment_id", "purpose", "amount"}),
    ("risk_scores", {"member_id", "delivery_date", "risk_score"}),
    ("gate_results", {"entity_id", "gate", "passed"}),
    ("participation", {"entity_id", "joined_on"}),
    ("provider", {"npi", "tin", "provider_type"}),
    ("entity_crosswalk", {"tin", "entity_id", "effective_from"}),
]
CLOCKS = {"received_date", "adjudication_date", "known_date", "file_name", "file_date", "ingest_datetime", "data_source"}


class Untrusted(Exception):
    """A row that cannot be trusted; the message is the reason."""


def read_folder(folder: Path) -> dict[str, list[Row]]:
    """Every recognized table in the folder, as rows of text; each row remembers its file and number."""
    tables: dict[str, list[Row]] = defaultdict(list)
    for path in sorted(folder.iterdir()):
        if not path.name.endswith((".csv", ".csv.gz")):
            continue
        opener = gzip.open if path.suffix == ".gz" else open
        with opener(path, "rt", encoding="utf-8-sig", newline="") as handle:
            reader = csv.DictReader(handle)
            header = {name.strip().lower() for name in reader.fieldnames or []}
            table = next((name for name, needed in SIGNS if needed <= header), None)
            if table is None:
                continue
            for number, row in enumerate(reader, 1):
                tables[table].append({**{k.strip().lower(): v for k, v in row.items() if k}, "_file": path.name, "_row": number})
    return dict(tables)


def text(value: object) -> str | None:
    if value is None or value == "":
        return None
    return str(value).strip().strip("\u00a0").strip() or None


def code(value: object) -> str | None:
    found = text(value)
    return found.upper().replace(".", "") if found else None


def bare(value: object) -> str | None:
    found = text(value)
    return found.replace("-", "") if found else None


def day(value: object) -> date | None:
    if isinstance(value, date):
        return value
    found = text(value)
    if found is None:
        return None
    try:
        return date.fromisoformat(found[:10])
    except ValueError:
        raise Untrusted("date.invalid") from None


def cents(value: object) -> int | None:
    found = text(value)
    if found is None:
        return None
    if re.fullmatch(r"-?\d+\.\d{3,}", found):
        raise Untrusted("amt.precision")
    if not MONEY.fullmatch(found):
        raise Untrusted("amt.format")
    sign, whole = (-1, found[1:]) if found.startswith("-") else (1, found)
    dollars, _, rest = whole.partition(".")
    return sign * (int(dollars) * 100 + int((rest + "00")[:2]))


def padded(value: object, width: int) -> str | None:
    found = code(value)
    return found.rjust(width, "0") if found else None


def claim_line(row: Row, table: str) -> Row:
    """The canonical line of one input row, with the diagnoses and procedures of that row."""
    pharmacy = table == "pharmacy_claim"
    get = row.get
    start, end = (day(get("dispensing_date")),) * 2 if pharmacy else (day(get("claim_start_date")), day(get("claim_end_date")))
    started, received = day(get("claim_line_start_date")) or start, day(get("received_date"))
    if started is not None and received is not None and started > received:
        raise Untrusted("date.future")
    line = {
        "table": table,
        "file": get("_file", ""),
        "row": get("_row", 0),
        "claim_id": text(get("claim_id")),
        "line": int(text(get("claim_line_number")) or 1),
        "seq": int(text(get("version_seq")) or 1),
        "record_type": (text(get("record_type")) or "original").lower(),
        "replaces": text(get("replaces_claim_id")),
        "status": (text(get("claim_status")) or "paid").lower(),
        "type": "pharmacy" if pharmacy else (text(get("claim_type")) or "undetermined").lower(),
        "member": text(get("member_id")) or text(get("person_id")),
        "from": start,
        "to": end,
        "line_from": day(get("claim_line_start_date")) or start,
        "line_to": day(get("claim_line_end_date")),
        "admission": day(get("admission_date")),
        "discharge": day(get("discharge_date")),
        "pos": padded(get("place_of_service_code"), 2),
        "bill": code(get("bill_type_code")),
        "drg_type": (text(get("drg_code_type")) or "ms-drg").lower(),
        "drg": padded(get("drg_code"), 3),
        "revenue": padded(get("revenue_center_code"), 4),
        "hcpcs": None,
        "ndc": bare(get("ndc_code")),
        "billing_npi": bare(get("dispensing_provider_npi" if pharmacy else "billing_npi")),
        "billing_tin": bare(get("billing_tin")),
        "known": day(get("received_date")) or day(get("adjudication_date")) or day(get("paid_date")) or day(get("_received")),
        "paid": cents(get("paid_amount")),
        "allowed": cents(get("allowed_amount")),
        "tpl": cents(get("tpl_amount")),
    }
    if hcpcs := code(get("hcpcs_code")):
        line["hcpcs"] = hcpcs.split("-")[0]
    if line["bill"] and len(line["bill"]) == 4 and line["bill"].startswith("0"):
        line["bill"] = line["bill"][1:]
    line["line_to"] = line["line_to"] or line["to"] or line["line_from"]
    line["version"] = f"{line['claim_id']}:{line['seq']}:{line['record_type']}"
    line["dx"] = [(n, c) for n in range(1, 26) if (c := code(get(f"diagnosis_code_{n}")))]
    line["px"] = [(n, c, day(get(f"procedure_date_{n}"))) for n in range(1, 26) if (c := code(get(f"procedure_code_{n}")))]
    line["content"] = tuple(
        (k, repr(row[k])) for k in sorted(row) if not k.startswith("_") and k not in CLOCKS and text(row[k]) is not None
    )
    if not line["claim_id"] or not line["member"]:
        raise Untrusted("id.missing")
    if line["line_from"] is None:
        raise Untrusted("date.missing")
    if line["record_type"] == "original" and (line["paid"] or 0) < 0:
        raise Untrusted("amt.negative_original")
    return line


def read_claims(tables: dict[str, list[Row]]) -> tuple[list[Row], list[Row]]:
    """Canonical lines and the rows quarantined at intake; one untrusted line takes its whole version along."""
    lines: list[Row] = []
    bad: list[Row] = []
    died: dict[str | None, date] = {}
    for row in tables.get("eligibility", []):
        if when := day(row.get("death_date")):
            died[text(row.get("member_id"))] = min(when, died.get(text(row.get("member_id")), when))
    for table in ("medical_claim", "pharmacy_claim"):
        for row in tables.get(table, []):
            try:
                line = claim_line(row, table)
                if line["member"] in died and (line["line_from"] - died[line["member"]]).days > 30:
                    raise Untrusted("date.after_death")
                lines.append(line)
            except Untrusted as reason:
                bad.append(_quarantined(row, table, str(reason)))
    versions = {q["version"] for q in bad}
    for line in [x for x in lines if x["version"] in versions]:
        bad.append({**line, "reason": "claim.line_untrusted"})
    return [x for x in lines if x["version"] not in versions], bad


def _quarantined(row: Row, table: str, reason: str) -> Row:
    def quiet(name: str, read: Any) -> Any:
        try:
            return read(row.get(name))
        except (Untrusted, ValueError):
            return None

    kept: Row = {"table": table, "file": row.get("_file", ""), "row": row.get("_row", 0), "reason": reason}
    kept |= {"claim_id": text(row.get("claim_id")), "seq": quiet("version_seq", lambda v: int(text(v) or 1)) or 1}
    kept |= {"record_type": (text(row.get("record_type")) or "original").lower(), "replaces": text(row.get("replaces_claim_id"))}
    kept |= {"member": text(row.get("member_id")), "paid": quiet("paid_amount", cents)}
    clocks = (quiet(name, day) for name in ("received_date", "adjudication_date", "paid_date", "_received"))
    kept["known"] = next((d for d in clocks if d), None)
    kept["line_from"] = quiet("claim_line_start_date", day) or quiet("claim_start_date", day) or quiet("dispensing_date", day)
    kept["version"] = f"{kept['claim_id']}:{kept['seq']}:{kept['record_type']}"
    return kept


def visible(known: date | None, as_of: date | None) -> bool:
    return known is None or as_of is None or known <= as_of


def _known_key(known: date | None) -> date:
    return known or date.min


def final_action(lines: list[Row], bad: list[Row], as_of: date | None) -> list[Row]:
    """Give every visible line a `disposition` (final, excluded, superseded, quarantined) and a `reason`; return them all."""
    lines = [dict(x) for x in lines if visible(x["known"], as_of)]
    untrusted = [x for x in bad if visible(x["known"], as_of)]
    for line in lines:
        line["disposition"], line["reason"] = "final", None
    _copies(lines)
    by_version: dict[str, list[Row]] = defaultdict(list)
    for line in lines:
        by_version[line["version"]].append(line)
    for line in lines:
        if line["disposition"] == "final" and line["record_type"] in ("credit", "debit"):
            _quarantine([line], "non_claim")
    versions = [_version(members) for members in by_version.values()]
    by_bad: dict[str, list[Row]] = defaultdict(list)
    for line in untrusted:
        by_bad[line["version"]].append(line)
    versions += [{**_version(members), "quarantined": True, "intake": True} for key, members in by_bad.items() if key not in by_version]
    versions = [v for v in versions if v["record_type"] not in ("credit", "debit")]
    _act(versions)
    for version in versions:
        mine = [x for x in by_version.get(version["version"], []) if x["disposition"] == "final"]
        if version["reason"] and not version.get("intake"):
            for line in mine:
                line["disposition"], line["reason"] = version["disposition"], version["reason"]
        elif not version.get("intake"):
            for line in mine:
                if line["status"] in ("denied", "reversed", "pended"):
                    line["disposition"], line["reason"] = "excluded", f"adj.{line['status']}"
    return lines


def _quarantine(lines: list[Row], reason: str) -> None:
    for line in lines:
        line["disposition"], line["reason"] = "quarantined", reason


def _copies(lines: list[Row]) -> None:
    same: dict[tuple[str, int], list[Row]] = defaultdict(list)
    for line in lines:
        same[line["version"], line["line"]].append(line)
    conflicted = set()
    for group in same.values():
        group.sort(key=lambda x: (_known_key(x["known"]), x["file"], x["row"]))
        if len({x["content"] for x in group}) > 1:
            conflicted.add(group[0]["version"])
        _quarantine(group[1:], "dup.row")
    _quarantine([x for x in lines if x["version"] in conflicted], "dup.conflict")


def _version(lines: list[Row]) -> Row:
    first = lines[0]
    return {
        "version": first["version"],
        "claim_id": first["claim_id"],
        "seq": first["seq"],
        "record_type": first["record_type"],
        "replaces": min((x["replaces"] for x in lines if x["replaces"]), default=None),
        "known": min(_known_key(x["known"]) for x in lines),
        "quarantined": any(x.get("reason") == "dup.conflict" for x in lines),
        "disposition": None,
        "reason": None,
        "acts_on": [],
    }


def _rank(version: Row) -> tuple[int, int]:
    return version["seq"], ("original", "replacement", "void").index(version["record_type"])


def _set(version: Row, disposition: str, reason: str) -> None:
    """A version's first reason stands."""
    if version["reason"] is None:
        version["disposition"], version["reason"] = disposition, reason


def _act(versions: list[Row]) -> None:
    """Steps 3 to 8: cycles, who acts on whom, voids, replacements, held families, superseded versions."""
    by_claim: dict[str, list[Row]] = defaultdict(list)
    for version in versions:
        version["other"] = version["replaces"] if version["replaces"] != version["claim_id"] else None
        if not version.get("intake"):
            by_claim[version["claim_id"]].append(version)
    real = [v for group in by_claim.values() for v in group]
    for version in real:
        if version["quarantined"]:
            _set(version, "quarantined", "dup.conflict")
    _cycles(real)
    siblings: dict[str | None, list[Row]] = defaultdict(list)
    for version in real:
        if version["record_type"] == "replacement":
            siblings[version["other"]].append(version)
    for actor in real:
        actor["acts_on"] = _targets(actor, by_claim, siblings) if actor["reason"] is None else []
    _voids(real)
    _forks(real)
    _hold(versions, real)
    acted: dict[str, set[str]] = defaultdict(set)
    for actor in real:
        if actor["reason"] in (None, "family.held"):
            for version in actor["acts_on"]:
                acted[version["version"]].add(actor["record_type"])
    for version in real:
        if version["record_type"] == "void":
            _set(version, "superseded", "adj.void")
        elif "void" in acted[version["version"]]:
            _set(version, "superseded", "adj.voided")
        elif acted[version["version"]]:
            _set(version, "superseded", "adj.replaced")


def _targets(actor: Row, by_claim: dict[str, list[Row]], siblings: dict[str | None, list[Row]]) -> list[Row]:
    own = [v for v in by_claim[actor["claim_id"]] if v["record_type"] != "void" and v is not actor]
    if actor["record_type"] == "original":
        return [v for v in own if v["seq"] < actor["seq"]]
    found = [v for v in own if _rank(v) < _rank(actor)]
    if actor["other"]:
        found += [v for v in by_claim.get(actor["other"], []) if v["record_type"] != "void"]
        if actor["record_type"] == "replacement":
            found += [v for v in siblings[actor["other"]] if v["seq"] < actor["seq"] and v["claim_id"] != actor["claim_id"]]
    return found


def _cycles(real: list[Row]) -> None:
    steps: dict[str, set[str]] = defaultdict(set)
    for version in real:
        if version["other"]:
            steps[version["claim_id"]].add(version["other"])
    endless = set()
    for claim in steps:
        reached, links = {claim}, 0
        while reached and links <= 64:
            reached = {after for one in reached for after in steps.get(one, ())}
            links += 1 if reached else 0
        if links > 64:
            endless.add(claim)
    for version in real:
        if version["claim_id"] in endless:
            _set(version, "quarantined", "adj.cycle")


def _voids(real: list[Row]) -> None:
    voids = [v for v in real if v["record_type"] == "void" and v["reason"] is None]
    done: set[str] = set()
    for void in sorted(voids, key=lambda v: (v["known"], v["version"])):
        if not void["acts_on"]:
            _set(void, "quarantined", "pending_original")
            continue
        about = max(void["acts_on"], key=lambda v: (*_rank(v), v["version"]))["version"]
        if about in done:
            _set(void, "quarantined", "adj.double_void")
        done.add(about)


def _forks(real: list[Row]) -> None:
    voided = {v["version"] for a in real if a["record_type"] == "void" and a["reason"] is None for v in a["acts_on"]}
    groups: dict[str, list[Row]] = defaultdict(list)
    for actor in real:
        if actor["record_type"] == "replacement" and actor["other"] and actor["reason"] is None and actor["version"] not in voided:
            groups[actor["other"]].append(actor)
    for group in groups.values():
        top = [a for a in group if a["seq"] == max(b["seq"] for b in group)]
        if len({a["claim_id"] for a in top}) > 1:
            for actor in top:
                _set(actor, "quarantined", "adj.fork")


def _hold(versions: list[Row], real: list[Row]) -> None:
    """What an untrusted void or replacement names is held, and so is every claim that names a held claim."""
    holding = ("dup.conflict", "adj.cycle", "adj.fork")
    untrusted = [v for v in versions if v["record_type"] in ("void", "replacement") and (v.get("intake") or v["reason"] in holding)]
    named = {v["other"] or v["claim_id"] for v in untrusted}
    held = named | {v["claim_id"] for v in real if v["other"] in named}
    for version in real:
        if version["claim_id"] in held:
            _set(version, "quarantined", "family.held")


def settled_rows(rows: list[Row], as_of: date | None) -> list[Row]:
    """Rows of the other tables that hold as of a date: voids and replaced rows disappear."""
    seen = []
    for row in rows:
        clocks = [day(row.get(name)) for name in ("known_date", "received_date", "_received")]
        if visible(next((d for d in clocks if d), None), as_of):
            seen.append(row)
    gone = {text(r.get("replaces_row_id")) for r in seen} - {None}
    return [r for r in seen if (text(r.get("record_type")) or "original") != "void" and text(r.get("row_id")) not in gone]


def final_claims(lines: list[Row]) -> dict[str, list[Row]]:
    """Claims by member: each is one version with its final lines and the diagnoses and procedures of all its trusted lines."""
    by_version: dict[str, list[Row]] = defaultdict(list)
    for line in lines:
        if line["disposition"] != "quarantined":
            by_version[line["version"]].append(line)
    claims: dict[str, list[Row]] = defaultdict(list)
    for version, members in by_version.items():
        final = [x for x in members if x["disposition"] == "final"]
        if not final:
            continue
        diagnoses = sorted({pair for x in members for pair in x["dx"]})
        procedures = sorted({p for x in members for p in x["px"]}, key=lambda p: (p[0], p[1], p[2] or date.min))
        first, last = min(x["line_from"] for x in final), max(x["line_to"] for x in final)
        claim = {
            "version": version,
            "claim_id": final[0]["claim_id"],
            "type": final[0]["type"],
            "member": final[0]["member"],
            "lines": sorted(final, key=lambda x: x["line"]),
            "dx": diagnoses,
            "px": procedures,
            "principal": next((c for n, c in diagnoses if n == 1), None),
            "first": first,
            "last": last,
            "coded_on": min(x["from"] or x["line_from"] for x in final),
            "from": min(x["from"] or x["line_from"] for x in final),
            "to": max(x["to"] or x["line_to"] for x in final),
            "drgs": {(x["drg_type"], x["drg"]) for x in final if x["drg"]},
        }
        bills = {x["bill"] for x in final if x["bill"]}
        told = any(b.startswith(("11", "12")) for b in bills) if bills else any(x["admission"] or x["drg"] for x in final)
        claim["inpatient"] = claim["type"] == "institutional" and told
        if claim["inpatient"]:
            claim["from"] = min(x["admission"] or x["from"] or x["line_from"] for x in final)
            claim["to"] = max(x["discharge"] or x["to"] or x["line_to"] for x in final)
        claim["to"] = max(claim["to"], claim["from"])
        for line in final:
            line["claim"] = claim
        claims[claim["member"]].append(claim)
    return claims


__all__ = ["as_date", "final_action", "final_claims", "read_claims", "read_folder", "settled_rows", "text", "visible"]
