"""The core job in Polars: lazy frames over the file, the streaming engine, small results collected between."""

from __future__ import annotations

from pathlib import Path

import polars as pl

from peers import CATEGORIES, CODES, DAYS_AFTER, DAYS_BEFORE, DIAGNOSES, DRGS, SAME_DELIVERY_DAYS, Row

VERSION = ["claim_id", "version_seq", "record_type"]
LINE = ["member_id", "day", *VERSION, "claim_line_number"]


def core(path: Path) -> list[Row]:
    claims = pl.scan_parquet(path)
    removed = _removed(claims)
    final = claims.filter(pl.col("claim_status") == "paid", pl.col("record_type") != "void").join(removed, on=VERSION, how="anti")
    deliveries = _deliveries(final).lazy()
    lines = (
        final.join(deliveries, on="member_id")
        .filter(pl.col("claim_line_start_date").is_between("first_day", "last_day"))
        .select(*LINE, "billing_tin", "claim_type", "hcpcs_code", "bill_type_code", cents=(pl.col("paid_amount") * 100).cast(pl.Int64))
        .unique(subset=LINE)
        .with_columns(category=_category())
        .collect(engine="streaming")
    )
    return _means(lines)


def _removed(claims: pl.LazyFrame) -> pl.LazyFrame:
    """The versions that a void or replacement takes out."""
    acting = claims.filter(pl.col("record_type").is_in(["void", "replacement"]))
    actors = acting.select(*VERSION, "replaces_claim_id").unique().collect(engine="streaming").lazy()
    versions = claims.select(VERSION)
    earlier = (
        versions.join(actors.group_by("claim_id").agg(last=pl.col("version_seq").max()), on="claim_id")
        .filter(pl.col("version_seq") < pl.col("last"))
        .select(VERSION)
    )
    named = actors.filter(pl.col("replaces_claim_id") != pl.col("claim_id")).select(claim_id="replaces_claim_id").unique()
    return pl.concat([earlier, versions.join(named, on="claim_id", how="semi")]).unique().collect(engine="streaming").lazy()


def _deliveries(final: pl.LazyFrame) -> pl.DataFrame:
    """One row per delivery with its window."""
    is_delivery = pl.col("drg_code").is_in(DRGS) | pl.col("hcpcs_code").is_in(CODES)
    is_delivery |= pl.any_horizontal(pl.col(d).str.starts_with("Z37") for d in DIAGNOSES)
    found = final.filter(is_delivery).select("member_id", day="claim_line_start_date").unique()
    evidence = found.collect(engine="streaming").sort("member_id", "day")
    gap = pl.col("day").diff().over("member_id").dt.total_days()
    first = evidence.filter(gap.is_null() | (gap > SAME_DELIVERY_DAYS))
    before = pl.col("day").shift().over("member_id").dt.offset_by(f"{DAYS_AFTER + 1}d")
    day = pl.col("day")
    return first.with_columns(
        first_day=pl.max_horizontal(day.dt.offset_by(f"-{DAYS_BEFORE}d"), before), last_day=day.dt.offset_by(f"{DAYS_AFTER}d")
    )


def _category() -> pl.Expr:
    facility, code = pl.col("claim_type") == "institutional", pl.col("hcpcs_code")
    return (
        pl.when(facility & pl.col("bill_type_code").str.starts_with("11"))
        .then(pl.lit("inpatient"))
        .when(facility)
        .then(pl.lit("outpatient"))
        .when(pl.col("claim_type") == "pharmacy")
        .then(pl.lit("pharmacy"))
        .when(code.is_between(pl.lit("59400"), pl.lit("59622")))
        .then(pl.lit("obstetrics"))
        .when(code.is_between(pl.lit("99202"), pl.lit("99215")))
        .then(pl.lit("visits"))
        .when(code.is_between(pl.lit("80000"), pl.lit("89999")))
        .then(pl.lit("laboratory"))
        .otherwise(pl.lit("other"))
    )


def _means(lines: pl.DataFrame) -> list[Row]:
    delivery = ["member_id", "day"]
    care = lines.filter(pl.col("claim_type") == "professional", pl.col("category").is_in(["visits", "obstetrics"]))
    attributed = (
        care.group_by(*delivery, "billing_tin")
        .agg(lines=pl.len(), cents=pl.col("cents").sum())
        .sort(*delivery, "lines", "cents", "billing_tin", descending=[False, False, True, True, False])
        .unique(subset=delivery, keep="first", maintain_order=True)
        .select(*delivery, tin="billing_tin")
    )
    owned = lines.join(attributed, on=delivery)
    total, count = pl.col("cents").sum(), pl.struct(delivery).n_unique().cast(pl.Int64)
    by_category = [pl.col("cents").filter(pl.col("category") == c).sum().alias(c) for c in CATEGORIES]
    means = owned.group_by("tin").agg(count.alias("deliveries"), *by_category, ((2 * total + count) // (2 * count)).alias("mean"))
    return means.sort("tin").rows()
