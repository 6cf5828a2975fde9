"""The list of practices that `export` pays: read whole, or refused with what is wrong; a payee is never guessed."""

from __future__ import annotations

from pathlib import Path

import pytest

from trueup.commands.files import _payees  # pyright: ignore[reportPrivateUsage]
from trueup.errors import Refused

HEADER = "entity_id,name,tax_id,id_type,id,street\n"
ONE = "E1,First Practice,060000001,npi,1234567893,1 Main St\n"


def written(folder: Path, text: str) -> Path:
    path = folder / "payees.csv"
    path.write_text(text, encoding="utf-8")
    return path


def test_each_practice_is_read_with_its_identifier(tmp_path: Path) -> None:
    found = _payees(written(tmp_path, HEADER + ONE + "E2,Second Practice,060000002,tax_id,060000002,\n"))
    assert list(found) == ["E1", "E2"]
    assert (found["E1"].name, found["E1"].id_type, found["E1"].id, found["E1"].street) == (
        "First Practice",
        "npi",
        "1234567893",
        "1 Main St",
    )
    assert (found["E2"].id_type, found["E2"].street, found["E2"].bank_account) == ("tax_id", "", "")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (HEADER.replace(",id,", ",") + "E1,First,060000001,npi,\n", "lacks id"),
        (HEADER.replace("street", "avenue") + ONE, "has avenue besides"),
        (HEADER + ONE + ONE, "line 3: E1 occurs twice"),
        (HEADER + ONE.replace(",npi,", ",NPI,"), "line 2: id_type is NPI; expected npi, state_provider_id or tax_id"),
        (HEADER + ONE.replace("1 Main St", "1 Main St,more"), "line 2: more fields than the header has"),
        ("", "lacks entity_id, id, id_type, name, tax_id"),
    ],
)
def test_a_list_that_is_not_clear_is_refused(tmp_path: Path, text: str, says: str) -> None:
    with pytest.raises(Refused, match="TRU-U059") as caught:
        _payees(written(tmp_path, text))
    assert says in str(caught.value)
