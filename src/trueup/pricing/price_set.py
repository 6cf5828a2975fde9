# pyright: reportMissingTypeStubs=false, reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false
"""Price sets: prices published once, frozen, and refused wherever they do not fit.

A price set is a folder `<prices>/<price_set_id>/` with `prices.parquet`, `price_steps.parquet`, `outlier_lines.parquet`, the tables of the
case-rate base and of completion where there are any, and `manifest.json`. The id is the first 16 hex digits of the SHA-256 of its content:
terms and rows, without the status. Only what happens to a set can change (draft, challenged, final; see `events`), so that stands in the
manifest alone, and the status is put on the price rows when they are read.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any, cast

import pyarrow as pa
import pyarrow.parquet as pq

from trueup.entity_grain import Price
from trueup.errors import CheckFailed, Place, Refused
from trueup.pricing.events import Event, EventKind, as_rows, chained, from_rows, is_whole, status_of
from trueup.pricing.inputs import BackTest, CaseRateBasis, CompletionFactor, Finding, OutlierLine, PriceEpisode, PriceSetContent, PriceStep
from trueup.pricing.tier_inputs import TierMetric, TierPlacement
from trueup.tables import OUTPUT

TABLES = ("prices", "price_steps", "outlier_lines")
# Written where they have rows, so that a set without them is the same set as ever.
MORE_TABLES = ("case_rate_basis", "completion_factors", "completion_backtests", "price_episodes", "tiers", "tier_metrics")
RISK_MODEL = "risk_model.json"
_ARROW = {
    "VARCHAR": pa.string(),
    "INTEGER": pa.int32(),
    "BIGINT": pa.int64(),
    "DATE": pa.date32(),
    "DECIMAL(9,6)": pa.decimal128(9, 6),
    "DECIMAL(18,6)": pa.decimal128(18, 6),
    "BOOLEAN": pa.bool_(),
}


@dataclass(frozen=True)
class Terms:
    """What a price set was made from and for. All of it is part of the id.

    `runout_days` counts from the last day on which an episode of the base period can end to `base_as_of` (`pricing.usable.runout_days`).
    """

    program: str
    rule_version: str
    rules_hash: str
    assumptions_name: str | None
    assumptions_hash: str | None
    mechanism: str
    period: str
    base_period: str
    base_first_day: date
    base_last_day: date
    base_as_of: date
    runout_days: int
    cost_basis: str
    settings_hash: str | None = None  # of the settings of a scenario, which can never be published nor final

    def as_dict(self) -> dict[str, Any]:
        """The terms for the manifest and the id; of a set that is no scenario, nothing of settings."""
        return {key: value for key, value in asdict(self).items() if key != "settings_hash" or value is not None}


@dataclass(frozen=True)
class PriceSet:
    """A price set as read: `content.prices` carry `status`."""

    price_set_id: str
    status: str
    terms: Terms
    content: PriceSetContent
    events: tuple[Event, ...] = ()

    @property
    def completed(self) -> bool:
        """Whether the base was completed, so that its prices stand for claims that have all come."""
        return bool(self.content.completion_factors)


# --- the folder ----------------------------------------------------------------------------------------------------------------------


def _rows(content: PriceSetContent) -> dict[str, list[dict[str, Any]]]:
    """The rows of each table in the order of its key, tables without rows only if they always exist; the status is `draft` at rest."""
    found = {
        "prices": [_flat(replace(p, status="draft")) for p in content.prices],
        "price_steps": [_flat(s) for s in content.price_steps],
        "outlier_lines": [_flat(line) for line in content.outlier_lines],
        **{name: [_flat(row) for row in getattr(content, name)] for name in MORE_TABLES if getattr(content, name)},
    }
    return {name: sorted(rows, key=lambda row: [row[k] for k in OUTPUT[name].key]) for name, rows in found.items()}


def _flat(row: Any) -> dict[str, Any]:
    """The fields of a row. Unlike `asdict` it copies no values: an outlier table has one row per episode."""
    return {name: getattr(row, name) for name in row.__slots__}


def content_id(terms: Terms, content: PriceSetContent) -> str:
    """The id: first 16 hex digits of the SHA-256 of terms, rows and findings as canonical JSON."""
    findings = [asdict(f) for f in content.findings]
    document: dict[str, Any] = {"terms": terms.as_dict(), "tables": _rows(content), "findings": findings}
    if content.risk_model:
        document["risk_model"] = hashlib.sha256(content.risk_model.encode()).hexdigest()
    text = json.dumps(document, sort_keys=True, separators=(",", ":"), default=_plain)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _plain(value: object) -> str:
    if isinstance(value, Decimal):
        return f"{value:f}"
    assert isinstance(value, date)
    return value.isoformat()


def write_price_set(prices_dir: Path, terms: Terms, content: PriceSetContent, about: Mapping[str, Any] | None = None) -> Path:
    """Write a draft price set and return its folder. The same content again is recognized: nothing is written, its status stays.

    `about` are words for people (the program's title and sources), kept in the manifest outside the id.
    """
    price_set_id = content_id(terms, content)
    folder = prices_dir / price_set_id
    if folder.exists():
        read_price_set(folder)
        return folder
    partial = prices_dir / f".{price_set_id}.partial"
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir(parents=True)
    tables = _rows(content)
    for name, rows in tables.items():
        schema = pa.schema([(column, _ARROW[kind]) for column, kind in OUTPUT[name].columns.items()])
        pq.write_table(pa.Table.from_pylist(rows, schema=schema), partial / f"{name}.parquet", compression="zstd")
    if content.risk_model:
        (partial / RISK_MODEL).write_text(content.risk_model, encoding="utf-8", newline="")
    manifest = {
        "price_set_id": price_set_id,
        "status": "draft",
        **(about or {}),
        "terms": terms.as_dict(),
        "tables": {name: {"rows": len(rows)} for name, rows in tables.items()},
        "findings": [asdict(f) for f in content.findings],
    }
    _write_manifest(partial, manifest)
    partial.rename(folder)
    return folder


def _write_manifest(folder: Path, manifest: dict[str, Any]) -> None:
    partial = folder / ".manifest.json.partial"
    partial.write_text(json.dumps(manifest, indent=2, sort_keys=True, default=_plain) + "\n", encoding="utf-8")
    partial.replace(folder / "manifest.json")


def read_price_set(folder: Path) -> PriceSet:
    """Read a price set and prove that it is what its id says.

    Raises:
        Refused: TRU-P010 if there is no such set.
        CheckFailed: TRU-P011 if its content does not hash to its id.
    """
    if not (folder / "manifest.json").is_file():
        raise Refused("TRU-P010", "is not a price set.", place=Place(str(folder)), next_step="Make one with `trueup price`.")
    try:
        manifest = cast("dict[str, Any]", json.loads((folder / "manifest.json").read_text(encoding="utf-8")))
        terms = _terms(manifest["terms"])
        content = _content(folder, manifest)
        status, events = str(manifest["status"]), from_rows(manifest.get("events", []))
    except (KeyError, TypeError, ValueError, OSError) as error:  # pyarrow's errors are ValueErrors or OSErrors
        raise _tampered(folder, f"it cannot be read ({type(error).__name__})") from error
    found = content_id(terms, content)
    if not found == folder.name == manifest["price_set_id"]:
        raise _tampered(folder, f"its content hashes to {found}")
    if status not in ("draft", "challenged", "final"):
        raise _tampered(folder, f"its status is {status!r}")
    # A set that was never published may be made final without a record; every other status follows from the events.
    if not is_whole(events) or status != (status_of(events) if events or status != "final" else "final"):
        raise _tampered(folder, "its events do not give its status")
    prices = [replace(p, status=status) for p in content.prices]
    return PriceSet(folder.name, status, terms, replace(content, prices=prices), events)


def _tampered(folder: Path, why: str) -> CheckFailed:
    message = f"this price set was changed after it was made: {why}."
    return CheckFailed("TRU-P011", message, place=Place(str(folder)), next_step="Restore it or price again.")


def _terms(raw: dict[str, Any]) -> Terms:
    days: dict[str, Any] = {k: date.fromisoformat(raw[k]) for k in ("base_first_day", "base_last_day", "base_as_of")}
    return Terms(**{**raw, **days})


def _content(folder: Path, manifest: dict[str, Any]) -> PriceSetContent:
    there = [name for name in MORE_TABLES if name in manifest["tables"]]
    names = (*TABLES, *there)
    tables: dict[str, list[dict[str, Any]]] = {name: pq.ParquetFile(folder / f"{name}.parquet").read().to_pylist() for name in names}
    return PriceSetContent(
        prices=[Price(**row) for row in tables["prices"]],
        price_steps=[PriceStep(**row) for row in tables["price_steps"]],
        outlier_lines=[OutlierLine(**row) for row in tables["outlier_lines"]],
        findings=[Finding(**f) for f in manifest["findings"]],
        case_rate_basis=[CaseRateBasis(**row) for row in tables.get("case_rate_basis", [])],
        completion_factors=[CompletionFactor(**row) for row in tables.get("completion_factors", [])],
        completion_backtests=[BackTest(**row) for row in tables.get("completion_backtests", [])],
        price_episodes=[PriceEpisode(**row) for row in tables.get("price_episodes", [])],
        tiers=[TierPlacement(**row) for row in tables.get("tiers", [])],
        tier_metrics=[TierMetric(**row) for row in tables.get("tier_metrics", [])],
        risk_model=(folder / RISK_MODEL).read_text(encoding="utf-8") if (folder / RISK_MODEL).is_file() else "",
    )


# --- what happens to a set ------------------------------------------------------------------------------------------------------------


def append_event(folder: Path, found: PriceSet, kind: EventKind, on: date, by: str, detail: dict[str, Any]) -> PriceSet:
    """Add one event to a set as read, and the status that follows from it; written in one rename."""
    events = chained(found.events, kind, on, by, detail)
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    _write_manifest(folder, {**manifest, "status": status_of(events), "events": as_rows(events)})
    return read_price_set(folder)


def require_no_scenario(found: PriceSet) -> None:
    """Raise Refused (TRU-P051) for a set that was made in a scenario: it answers what would be."""
    if found.terms.settings_hash is not None:
        message = "was made in a scenario: it answers what would be, and no practice is paid by it."
        raise Refused("TRU-P051", message, place=Place(f"price set {found.price_set_id}"), next_step="Price without --set.")


def finalize(folder: Path, *, by: str = "", on: date | None = None) -> PriceSet:
    """Make a set final: from then on it may be used. Finalizing a final set changes nothing.

    A set that was published for challenge names its day here: only after the last day to challenge, and with every challenge decided and
    none upheld, can it become final. An upheld challenge changes prices, and that makes another set.

    Raises:
        Refused: TRU-P038 with a challenge undecided; TRU-P040 with one upheld; TRU-P041 before challenges are over; TRU-P051 of a scenario.
    """
    found = read_price_set(folder)
    require_no_scenario(found)
    if found.status == "final":
        return found
    place = Place(f"price set {found.price_set_id}")
    filed = {str(e.detail["challenge_id"]) for e in found.events if e.kind == "challenged"}
    decided = {str(e.detail["challenge_id"]): str(e.detail["decision"]) for e in found.events if e.kind == "decided"}
    undecided, upheld = sorted(filed - set(decided)), sorted(c for c, decision in decided.items() if decision == "upheld")
    if undecided:
        message = f"has {len(undecided)} challenge(s) without a decision, the first is {undecided[0]}."
        raise Refused("TRU-P038", message, place=place, next_step="Decide every challenge first.")
    if upheld:
        message = f"has {len(upheld)} challenge(s) upheld, the first is {upheld[0]}: its prices are not right."
        raise Refused("TRU-P040", message, place=place, next_step="Price again with the evidence, and finalize that set.")
    until = max((str(e.detail["challenge_until"]) for e in found.events if e.kind == "published"), default="")
    if found.events and (on is None or not by.strip() or on.isoformat() <= until or on < found.events[-1].on):
        message = (
            f"was published, may be challenged until {until or 'no stated day'}, and is to be final on {on or 'no stated day'} by {by!r}."
        )
        raise Refused("TRU-P041", message, place=place, next_step="Name the person and a day after the last one to challenge.")
    if on is not None:
        return append_event(folder, found, "finalized", on, by, {})
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    _write_manifest(folder, {**manifest, "status": "final"})
    return read_price_set(folder)
