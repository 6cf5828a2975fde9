"""Files of entity results: published columns become the engine's own, and what is not such a file is refused before anything is read."""

from __future__ import annotations

from pathlib import Path

import pytest

from trueup.errors import IntakeError, UsageError
from trueup.result_files import Mapped, convert, load_adapters, read_result_file

OWN = "entity_id,period,track,assigned_members,benchmark,expenditure\n"
PUBLISHED = "aco,py,track,n_ab,total_benchmark,total_expenditure,quality_score,msr_pct,disaster_adj,revenue_category,extra\n"


def written(folder: Path, text: str, name: str = "results.csv") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("conversion", "text", "found"),
    [
        ("text", " A1 ", "A1"),
        ("year", "2018", "PY2018"),
        ("money", "450902466.0", "450902466.0"),
        ("magnitude", "-266996.0", "266996.0"),
        ("magnitude", "0", "0"),
        ("percent", "2.9899999999999998", "0.0299"),
        ("percent", "2.6603521000000003", "0.026603521"),
        ("percent", "0.0", "0"),
        ("rate", "0.4634", "0.4634"),
        ("score", "0.9268", "0.9268"),
        ("score", "98.75", "0.9875"),
        ("score", "70.63%", "0.7063"),
        ("score", "0.5%", "0.005"),
        ("score", "1", "1"),
        ("score", "100", "1"),
        ("score", "", ""),
        ("score", "n/a", "n/a"),
        ("rate", "inf", "inf"),
    ],
)
def test_conversions(conversion: str, text: str, found: str) -> None:
    assert convert(text, Mapped("a", "b", conversion, ())) == found


def test_words_stand_for_others() -> None:
    assert convert("Low Revenue", Mapped("a", "low_revenue", "text", (("Low Revenue", "true"),))) == "true"
    assert convert("P4R", Mapped("a", "quality_score", "score", (("P4R", ""),))) == ""


def test_the_engines_own_columns_need_no_adapter(tmp_path: Path) -> None:
    found = read_result_file(written(tmp_path, OWN + "A1,PY2018,T1,5000,1.00,1.00\n\n"), [])
    assert found.adapter == ""
    assert found.rows == [
        {"entity_id": "A1", "period": "PY2018", "track": "T1", "assigned_members": "5000", "benchmark": "1.00", "expenditure": "1.00"}
    ]


def test_a_published_layout_is_recognized(tmp_path: Path, programs: Path) -> None:
    line = "A4627,2021,T2?,6756,79586739.0,82050743.0,0.8599,1.5,-266996.0,Low Revenue,x\n"
    found = read_result_file(written(tmp_path, PUBLISHED + line), load_adapters(programs / "mssp"))
    assert (found.adapter, found.unused) == ("public_use_file", ["extra"])
    assert found.rows == [
        {
            "entity_id": "A4627",
            "period": "PY2021",
            "track": "T2",
            "assigned_members": "6756",
            "benchmark": "79586739.0",
            "expenditure": "82050743.0",
            "minimum_savings_rate": "0.015",
            "quality_score": "0.8599",
            "low_revenue": "true",
            "disaster_adjustment": "266996.0",
        }
    ]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "has no header"),
        ("a,b\n1,2\n", "is of no known layout: entity_results needs also entity_id"),
        (OWN.replace("period,", ""), "needs also period"),
        (OWN.replace("track", "period"), "names the column period twice"),
        (OWN + "A1,PY2018\n", "has 2 fields where the header has 6"),
        (OWN + '"A1,PY2018\n', "is not CSV"),
    ],
)
def test_what_is_no_such_file_is_refused(tmp_path: Path, text: str, says: str) -> None:
    with pytest.raises(IntakeError, match="TRU-S112") as caught:
        read_result_file(written(tmp_path, text), [])
    assert says in str(caught.value)


def test_bytes_that_are_no_text_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "results.csv"
    path.write_bytes(OWN.encode() + b"\xff\xfe\n")
    with pytest.raises(IntakeError, match="is not UTF-8 text"):
        read_result_file(path, [])


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="TRU-S110"):
        read_result_file(tmp_path / "none.csv", [])


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("aco,entity,text,,", "fills `entity`, which is no column of entity_results. Did you mean entity_id?"),
        ("aco,entity_id,words,,", "converts by `words`"),
        ("aco,entity_id,text,x,", "like `published=ours`"),
        ("aco,entity_id", "has 2 fields"),
        ("aco,entity_id,text,,\naco,period,text,,", "names the source_column aco twice"),
    ],
)
def test_a_wrong_adapter_names_its_line(tmp_path: Path, line: str, says: str) -> None:
    (tmp_path / "adapters").mkdir()
    written(tmp_path / "adapters", f"source_column,column,conversion,values,note\n{line}\n", "a.csv")
    with pytest.raises(IntakeError, match="TRU-S111") as caught:
        load_adapters(tmp_path)
    assert says in str(caught.value)
