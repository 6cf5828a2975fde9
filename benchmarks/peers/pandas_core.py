"""The core job in pandas: the columns it needs in memory, Arrow strings, merges and group-bys."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pyarrow.compute as pc
import pyarrow.parquet as pq

from peers import CATEGORIES, CODES, DAYS_AFTER, DAYS_BEFORE, DIAGNOSES, DRGS, SAME_DELIVERY_DAYS, Row

VERSION = ["claim_id", "version_seq", "record_type"]
DELIVERY = ["member_id", "day"]
COLUMNS = [
    *VERSION, "claim_line_number", "replaces_claim_id", "claim_status", "member_id", "claim_type", "claim_line_start_date",
    "bill_type_code", "drg_code", "hcpcs_code", "billing_tin", "paid_amount", *DIAGNOSES,
]  # fmt: skip


def core(path: Path) -> list[Row]:
    final = _final(_read(path))
    deliveries = _deliveries(final)
    lines = final.merge(deliveries, on="member_id")
    lines = lines[lines["claim_line_start_date"].between(lines["first_day"], lines["last_day"])]
    lines = lines.drop_duplicates(subset=[*DELIVERY, *VERSION, "claim_line_number"])
    lines["category"] = _category(lines)
    return _means(lines)


def _read(path: Path) -> pd.DataFrame:
    """Amounts become whole cents on the way: a decimal column would be one Python object per row."""
    table = pq.read_table(path, columns=COLUMNS)
    cents = pc.cast(pc.multiply(table["paid_amount"], 100), "int64")
    frame = table.drop_columns("paid_amount").append_column("cents", cents).to_pandas(types_mapper=pd.ArrowDtype)
    frame["claim_line_start_date"] = frame["claim_line_start_date"].astype("datetime64[s]")
    return frame


def _final(claims: pd.DataFrame) -> pd.DataFrame:
    actors = claims.loc[claims["record_type"].isin(["void", "replacement"]), [*VERSION, "replaces_claim_id"]].drop_duplicates()
    last = actors.groupby("claim_id")["version_seq"].max()
    named = actors.loc[actors["replaces_claim_id"] != actors["claim_id"], "replaces_claim_id"].dropna().unique()
    superseded_by = claims["claim_id"].map(last)
    is_removed = (claims["version_seq"] < superseded_by).fillna(False) | claims["claim_id"].isin(named)
    return claims[(claims["claim_status"] == "paid") & (claims["record_type"] != "void") & ~is_removed]


def _deliveries(final: pd.DataFrame) -> pd.DataFrame:
    is_delivery = final["drg_code"].isin(DRGS) | final["hcpcs_code"].isin(CODES)
    for column in DIAGNOSES:
        is_delivery |= final[column].str.startswith("Z37").fillna(False)
    evidence = final.loc[is_delivery, ["member_id", "claim_line_start_date"]].drop_duplicates()
    evidence = evidence.rename(columns={"claim_line_start_date": "day"}).sort_values(DELIVERY)
    gap = evidence.groupby("member_id")["day"].diff()
    first = evidence[gap.isna() | (gap > pd.Timedelta(days=SAME_DELIVERY_DAYS))].copy()
    start = first["day"] - pd.Timedelta(days=DAYS_BEFORE)
    after_earlier = first.groupby("member_id")["day"].shift() + pd.Timedelta(days=DAYS_AFTER + 1)
    first["first_day"] = start.where(after_earlier.isna() | (start > after_earlier), after_earlier)
    first["last_day"] = first["day"] + pd.Timedelta(days=DAYS_AFTER)
    return first


def _category(lines: pd.DataFrame) -> pd.Series:
    facility, code = lines["claim_type"] == "institutional", lines["hcpcs_code"]
    choices = [
        (facility & lines["bill_type_code"].str.startswith("11").fillna(False), "inpatient"),
        (facility, "outpatient"),
        (lines["claim_type"] == "pharmacy", "pharmacy"),
        (code.between("59400", "59622").fillna(False), "obstetrics"),
        (code.between("99202", "99215").fillna(False), "visits"),
        (code.between("80000", "89999").fillna(False), "laboratory"),
    ]
    return pd.Series("other", index=lines.index).case_when([(mask.astype(bool), name) for mask, name in choices])


def _means(lines: pd.DataFrame) -> list[Row]:
    care = lines[(lines["claim_type"] == "professional") & lines["category"].isin(["visits", "obstetrics"])]
    counted = care.groupby([*DELIVERY, "billing_tin"], as_index=False).agg(lines=("cents", "size"), cents=("cents", "sum"))
    ranked = counted.sort_values([*DELIVERY, "lines", "cents", "billing_tin"], ascending=[True, True, False, False, True])
    attributed = ranked.drop_duplicates(subset=DELIVERY)[[*DELIVERY, "billing_tin"]].rename(columns={"billing_tin": "tin"})
    owned = lines.merge(attributed, on=DELIVERY)
    cents = owned.pivot_table(index="tin", columns="category", values="cents", aggfunc="sum", fill_value=0)
    cents = cents.reindex(columns=CATEGORIES, fill_value=0)
    count = attributed.groupby("tin").size().reindex(cents.index)
    mean = (2 * cents.sum(axis=1) + count) // (2 * count)
    return [(t, int(count[t]), *(int(v) for v in cents.loc[t]), int(mean[t])) for t in sorted(cents.index)]
