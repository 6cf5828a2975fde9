"""What a run leaves behind: its tables as Parquet, and the manifest that says what they were made from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path
from typing import Any, cast

from trueup import __version__
from trueup.engine import Engine, TableFile
from trueup.errors import Refused
from trueup.manifest import file_hash, read_manifest, run_id_of, write_manifest
from trueup.pipeline import StageStatus
from trueup.pricing.price_set import PriceSet
from trueup.rules.cliffs import cliffs
from trueup.rules.program import Param, Period, Program
from trueup.tables import OUTPUT
from trueup.workspace import Workspace

# Tables of a price set, and what only later steps of the same run read: they are not part of what a run leaves.
_NOT_WRITTEN = (
    "prices", "price_steps", "outlier_lines", "case_rate_basis", "price_episodes", "completion_factors", "completion_backtests", "tiers",
    "episode_factors", "episode_scores", "episode_comorbidity", "unit_facts", "unit_strata", "measure_values",
)  # fmt: skip

# The whole key: several batches may have a file of the same name, and the order is part of the manifest's bytes.
_FINDINGS_ORDER = ("code", "table_name", "source_file", "column_name", "batch_id")


@dataclass(frozen=True)
class Job:
    """What a run was asked to do. All of it is part of the run's id."""

    program: Program
    as_of: date
    price_sets: tuple[PriceSet, ...]
    periods: tuple[str, ...] | None
    true_up: bool
    through: date | None = None
    payments_made: tuple[dict[str, Any], ...] = ()


def write_run(
    engine: Engine, ws: Workspace, job: Job, stages: Sequence[StageStatus], refusals: Sequence[Refused], notes: Sequence[dict[str, Any]]
) -> tuple[Path, dict[str, Any]]:
    """Write the tables and the manifest of a finished run, under a temporary name first. Returns the folder and the manifest."""
    batches, program = ws.batches(), job.program
    inputs: dict[str, Any] = {
        "program": program.id,
        "rule_version": program.rule_version,
        "rules_hash": program.rules_hash,
        "assumptions_hash": program.assumptions_hash,
        "settings_hash": program.settings_hash,
        "as_of": job.as_of,
        "code_version": __version__,
        "batches": [b.id for b in batches],
        "price_sets": sorted([s.price_set_id, s.status] for s in job.price_sets),
        "periods": job.periods,
        "true_up": job.true_up,
        "workspace_key_hash": run_id_of({"key": ws.key}),
        "through": job.through,
        "payments_made": run_id_of({"rows": list(job.payments_made)}) if job.payments_made else None,
    }
    run_id = run_id_of(inputs)
    constants = {"program": program.id, "rule_version": program.rule_version, "run_id": run_id}
    final = ws.runs_dir / run_id / program.id
    with ws.writer_lock():
        final.parent.mkdir(parents=True, exist_ok=True)
        with ws.new_folder(final) as folder:
            files: list[TableFile] = []
            for name in (n for n in OUTPUT if n not in _NOT_WRITTEN):
                source, table = "marked_episodes" if name == "episodes" else name, OUTPUT[name]
                if engine.has(source):
                    fixed = {k: v for k, v in constants.items() if k in table.columns}
                    files.append(TableFile(source, folder / f"{name}.parquet", table.columns, table.key, fixed))
            counts = engine.write_files(files)
            tables = {f.path.stem: {"rows": rows, "sha256": file_hash(f.path)} for f, rows in zip(files, counts, strict=True)}
            manifest = _manifest(engine, job, inputs, run_id, stages, refusals, notes, tables)
            write_manifest(folder, manifest)
    return final, read_manifest(final)


def _manifest(
    engine: Engine, job: Job, inputs: dict[str, Any], run_id: str, stages: Sequence[StageStatus], refusals: Sequence[Refused],
    notes: Sequence[dict[str, Any]], tables: dict[str, Any],
) -> dict[str, Any]:  # fmt: skip
    program, sets = job.program, job.price_sets
    loaded = [
        {"code": r["code"], "rows": r["rows"] or 0, "message": f"{r['source_file']}: {r['message']}"}
        for r in engine.rows("findings", order_by=_FINDINGS_ORDER)
    ]
    findings = [*loaded, *notes, *run_findings(engine)]
    accounting = [
        {k: r[k] for k in ("table_name", "batch", "disposition", "reason", "rows", "amount_cents")}
        for r in (engine.rows("line_accounting", order_by=OUTPUT["line_accounting"].key) if engine.has("line_accounting") else [])
    ]
    return {
        "run_id": run_id,
        "inputs_hashed": inputs,
        "program": program.id,
        "title": program.title,
        "rule_version": program.rule_version,
        "rules_hash": program.rules_hash,
        "assumptions_name": program.assumptions_name,
        "assumptions_hash": program.assumptions_hash,
        "scenario": program.scenario,
        **({"settings": [{"path": p.path, "value": _text(p.value)} for p in program.settings()]} if program.scenario else {}),
        "assumed": [{"path": p.path, "value": _text(p.value), "reason": p.reason, "basis": p.basis} for p in program.assumed()],
        "unknown": [{"path": u.path, "reason": u.reason} for u in program.unknowns()],
        "price_set_id": sets[0].price_set_id if sets else None,
        "price_set_ids": [s.price_set_id for s in sets],
        "as_of": inputs["as_of"],
        "code_version": __version__,
        "cost_basis": program.text("cost.basis") if program.known("cost.basis") else None,
        "versions_lost": engine.count("claim_lines") > 0 and not _has_versions(engine),
        "stages": [{"stage": s.stage, "status": s.status, "reason": s.reason} for s in stages],
        "tables": tables,
        "inputs": [{"batch_id": b} for b in inputs["batches"]],
        "accounting": accounting,
        "findings": findings,
        "refusals": [{"entity_id": None, "period": None, "code": r.code, "message": _said(r), "next_step": r.next_step} for r in refusals],
        "periods": [_period(p) for p in program.periods],
        "cliffs": [asdict(c) for c in cliffs(program)],
        "sources": sources_of(program),
        "eligibility_rows": engine.scalar("eligibility_count", "MAX(rows_known)") if engine.has("eligibility_count") else None,
        **about_program(program),
    }


def about_program(program: Program) -> dict[str, Any]:
    """What reports call things: kind and mechanism, purposes of payment with their categories, titles of measures and of terms."""
    terms = program.ids("contracts.terms") if program.has("contracts.terms") else []
    return {
        "kind": program.kind,
        "mechanism": str(program.get("settlement.mechanism")) if program.known("settlement.mechanism") else None,
        "arrangement": [_arrangement(program, purpose) for purpose in program.ids("arrangement")],
        "measures": [
            {"id": m.id, "title": m.title, "unit": m.unit, "statistic": m.statistic, "direction": m.direction, "fact": m.fact}
            for _, m in sorted(program.measures.items())
        ],
        "terms": [{"id": t, "title": str(program.get(f"contracts.terms.{t}.title"))} for t in terms],
    }


def _arrangement(program: Program, purpose: str) -> dict[str, Any]:
    """A purpose of payment with its category and stream, or why they are unknown."""
    found: dict[str, Any] = {"purpose": purpose}
    for key in ("lan_category", "payment_stream"):
        path = f"arrangement.{purpose}.{key}"
        entry = program.params[path]
        found |= {key: str(entry.value), f"{key}_cite": program.cite(path)} if isinstance(entry, Param) else {
            key: None, f"{key}_unknown": entry.reason
        }  # fmt: skip
    return found


def sources_of(program: Program) -> list[dict[str, str]]:
    """The program's sources as reports spell them out."""
    words = ("title", "publisher", "published", "trust")
    return [{"id": key, **{k: str(v) for k, v in source.items() if k in words}} for key, source in program.sources.items()]


def _said(refused: Refused) -> str:
    """What was refused, without the advice for people at the command line: statements show it too."""
    return f"{refused.place} {refused.message}" if refused.place else refused.message


def _text(value: object) -> object:
    if isinstance(value, list):
        return cast("list[object]", value)
    return value if isinstance(value, str | int | bool) or value is None else str(value)


def _period(period: Period) -> dict[str, Any]:
    days = {"first_day": period.first_day, "last_day": period.last_day} if period.known else {"first_day": None, "last_day": None}
    return {
        "id": period.id, "role": period.role, "program_year": period.program_year, **days,
        "first_day_as_published": period.first_day_as_published, "last_day_as_published": period.last_day_as_published,
    }  # fmt: skip


def _has_versions(engine: Engine) -> bool:
    return bool(engine.scalar("claim_lines", "MAX(CASE WHEN has_version_columns THEN 1 ELSE 0 END)"))


def run_findings(engine: Engine) -> list[dict[str, Any]]:
    """What only a run can see: replacements without an original, and lines whose biller has no tax ID."""
    found: list[dict[str, Any]] = []
    orphans = (
        engine.scalar("replacement_verdicts", "COUNT(CASE WHEN verdict = 'adj.orphan_replacement' THEN 1 END)")
        if engine.has("replacement_verdicts")
        else 0
    )
    if orphans:
        found.append(
            {
                "code": "adj.orphan_replacement",
                "rows": orphans,
                "message": "Replacement claims whose original was never received; used as originals.",
            }
        )
    if engine.has("line_entities"):
        npi_lines = engine.scalar("line_entities", "COUNT(CASE WHEN entity_basis = 'npi' THEN 1 END)")
        if npi_lines:
            message = "Lines of members with a pregnancy have no billing tax ID; the entity is the billing NPI instead."
            found.append({"code": "id.tin_missing", "rows": npi_lines, "message": message})
    return [*found, *_case_rate_findings(engine)]


# What the payments stage lists for people to look at: table, code, message. Only what has rows is said.
_LISTED = {
    "transferred_globals": (
        "global_after_transfer", "Global obstetric codes by an entity without a paid month, in a pregnancy in which another is paid."
    ),
    "unreachable_births": (
        "trigger_unreachable", "Births without a trigger whose care came under a global code only, or on institutional claims."
    ),
    "open_years": (
        "year_to_date", "Measured years whose outcomes and claims are not all in: their results are the year to date and fix no tier."
    ),
    "doubled_case_rates": (
        "case_rate_ambiguous", "Final case rates of one entity that begin on one day and differ; the smallest was taken."
    ),
}  # fmt: skip


def _case_rate_findings(engine: Engine) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    for table, (code, message) in _LISTED.items():
        unit = "DISTINCT pregnancy_id" if table == "unreachable_births" else "*"
        rows = engine.scalar(table, f"COUNT({unit})") if engine.has(table) else 0
        if rows:
            found.append({"code": code, "rows": rows, "message": message})
    return found
