"""In or out, and the category, of each line of an episode (section 5 of the page)."""

from __future__ import annotations

from typing import Any

from .rules import CodeSet, Rules

Row = dict[str, Any]


def is_newborn(line: Row, rules: Rules) -> bool:
    return line["claim"]["newborn"] or has_line_code(line, rules.codes("services.newborn"))


def has_line_code(line: Row, codes: CodeSet) -> bool:
    when = line["line_from"]
    return codes.has("hcpcs", line["hcpcs"], when) or codes.has("revenue", line["revenue"], when) or codes.has("ndc", line["ndc"], when)


def any_diagnosis(line: Row, codes: CodeSet) -> bool:
    return any(codes.has("icd-10-cm", code, line["claim"]["coded_on"]) for _, code in line["claim"]["dx"])


def reason_out(line: Row, rules: Rules) -> str | None:
    """Why a line in the window does not count; None when it does."""
    if is_newborn(line, rules):
        return "newborn"
    claim = line["claim"]
    for carve in rules.ids("services.carve_outs"):
        codes = rules.codes(f"services.carve_outs.{carve}")
        if has_line_code(line, codes) or codes.has("icd-10-cm", claim["principal"], claim["coded_on"]):
            return f"carve_out.{carve}"
    include = rules.codes("services.include")
    if line["type"] == "pharmacy":
        counts = rules.get("services.pharmacy") == "all" or (rules.get("services.pharmacy") == "listed" and has_line_code(line, include))
        return None if counts else "not_relevant"
    if rules.get("services.relevance") == "listed":
        listed = has_line_code(line, include) or any_diagnosis(line, include) or claim["delivery_roles"]
        return None if listed else "not_relevant"
    return None


def cost_of(line: Row, rules: Rules) -> int:
    return line[rules.get("cost.basis")] or 0


def is_in_setting(line: Row, setting: str) -> bool:
    if setting == "inpatient":
        return line["claim"]["inpatient"]
    revenue = line["revenue"] or ""
    return revenue.startswith("045") or revenue == "0981" or line["pos"] == "23"


def category_of(line: Row, rules: Rules) -> str:
    for row in rules.get("cost.categories"):
        if row.get("role") == "newborn" and not is_newborn(line, rules):
            continue
        if "claim_type" in row and row["claim_type"] != line["type"]:
            continue
        if "setting" in row and not is_in_setting(line, row["setting"]):
            continue
        if "value_set" in row:
            codes, claim = rules.named(row["value_set"]), line["claim"]
            if not has_line_code(line, codes) and not codes.has("icd-10-cm", claim["principal"], claim["coded_on"]):
                continue
        return row["id"]
    return "other"


def decide(episode: Row, rules: Rules) -> list[Row]:
    """One row per line of the episode: included or not, reason, category and cost."""
    rows = []
    pairs = [(line, reason_out(line, rules)) for line in episode["lines"]] + [(line, "earlier_pregnancy") for line in episode["outside"]]
    for line, reason in pairs:
        rows.append(
            {
                "member_id": episode["member_id"],
                "delivery_date": episode["delivery_date"],
                "claim_id": line["claim_id"],
                "version_seq": line["seq"],
                "claim_line_number": line["line"],
                "line_start_date": line["line_from"],
                "entity_id": line.get("entity"),
                "included": reason is None,
                "reason": reason,
                "category": category_of(line, rules),
                "cost_cents": cost_of(line, rules),
                "paid_cents": line["paid"],
                "allowed_cents": line["allowed"],
            }
        )
    return rows
