"""Readers of money files for tests only: they share no code with the writers, and know a format from its own text alone."""

from __future__ import annotations

import csv
import io
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyx12.params
import pyx12.x12n_document


def segments(data: bytes) -> list[list[str]]:
    """An interchange as lists of elements, with the delimiters that its own header declares."""
    text = data.decode("ascii")
    element, terminator = text[3], text[105]
    return [part.strip().split(element) for part in text.split(terminator) if part.strip()]


def cents(text: str) -> int:
    value = Decimal(text) * 100
    assert value == value.to_integral_value(), text
    return int(value)


@dataclass
class Paid:
    """One transaction as a receiver adds it up: what it says it pays, and its parts."""

    stated_cents: int = 0
    method: str = ""
    trace: str = ""
    parts: list[tuple[str, str, int]] = field(default_factory=list)  # kind, reference, cents as they add to the payment

    @property
    def sum_cents(self) -> int:
        return sum(part[2] for part in self.parts)


def read_835(data: bytes) -> list[Paid]:
    """Transactions of an 835 whose payment is all PLB: a positive PLB amount lowers the payment."""
    found: list[Paid] = []
    for parts in segments(data):
        match parts[0]:
            case "ST":
                assert parts[1] == "835"
                found.append(Paid())
            case "BPR":
                found[-1].stated_cents, found[-1].method = cents(parts[2]), parts[4]
            case "TRN":
                found[-1].trace = parts[2]
            case "PLB":
                for code, amount in zip(parts[3::2], parts[4::2], strict=True):
                    kind, _, reference = code.partition(":")
                    found[-1].parts.append((kind, reference, -cents(amount)))
            case "CLP" | "SVC" | "LX":
                raise AssertionError(f"an invented claim: {parts[0]}")
            case _:
                pass
    return found


def read_820(data: bytes) -> list[Paid]:
    """Transactions of an 820: RMR04 and the ADX before an RMR add up to the payment. An RMR of zero names what its ADX changes."""
    found: list[Paid] = []
    waiting: list[tuple[str, int]] = []
    for parts in segments(data):
        match parts[0]:
            case "ST":
                assert parts[1:] == ["820", parts[2], "005010X218"]
                found.append(Paid())
            case "BPR":
                found[-1].stated_cents, found[-1].method = cents(parts[2]), parts[4]
            case "TRN":
                found[-1].trace = parts[2]
            case "ADX":
                waiting.append((parts[2], cents(parts[1])))
            case "RMR":
                if cents(parts[4]):
                    found[-1].parts.append(("RMR", parts[2], cents(parts[4])))
                else:
                    code, amount = waiting.pop(0)
                    found[-1].parts.append((code, parts[2], amount))
            case _:
                pass
    assert not waiting
    return found


def pyx12_says(data: bytes) -> list[str]:
    """Every error pyx12 finds in an interchange, in its words."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "file.x12")
        file.write_bytes(data)
        report = io.StringIO()
        passed = pyx12.x12n_document.x12n_document(pyx12.params.ParamsBase(), str(file), None, None, fd_json=report)
        found = list(_errors(json.loads(report.getvalue())))
    assert passed == (not found), report.getvalue()
    return found


def _errors(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        if "err_str" in node:
            yield f"{node['err_str']}"
        for value in node.values():
            yield from _errors(value)
    elif isinstance(node, list):
        for value in node:
            yield from _errors(value)


_X12SDK = """
import json, os, sys
before = dict(os.environ)
from x12sdk.io import X12ModelReader, X12SegmentReader
from x12sdk.v5010.x12_835_005010X221A1.transaction_set import HealthCareClaimPayment
# The guide makes the loop of claims situational; x12sdk 2.2 demands one. Only that demand is lifted.
HealthCareClaimPayment.model_fields["loop_2000"].default = []
HealthCareClaimPayment.model_rebuild(force=True)
with X12SegmentReader(sys.argv[1]) as reader:
    plb = [fields for name, fields in reader.segments() if name == "PLB"]
with X12ModelReader(sys.argv[1]) as reader:
    models = [] if "segments" in sys.argv else [{
        "paid": str(m.header.bpr_segment.total_actual_provider_payment_amount),
        "trace": m.header.trn_segment.reference_identification_1,
        "payee": m.loop_1000b.n1_segment.identification_code,
        "claims": len(m.loop_2000),
    } for m in reader.models()]
print(json.dumps({"models": models, "plb": plb, "unchanged": dict(os.environ) == before}))
"""


def x12sdk_says(path: Path, what: str = "models") -> dict[str, Any]:
    """What x12sdk reads from an 835. It loads a `.env` of its working folder when imported, so it runs apart, in an empty one."""
    with tempfile.TemporaryDirectory() as folder:
        environment = {key: value for key, value in os.environ.items() if not key.startswith("X12")}
        done = subprocess.run(
            [sys.executable, "-c", _X12SDK, str(path), what], cwd=folder, env=environment, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
        assert list(Path(folder).iterdir()) == []
    return json.loads(done.stdout)


# The layout page of FTX00006 as this reader knows it: name, first and last character.
_FIXED = {
    "RECORD-ID": (1, 8),
    "SUBMITTING-STATE": (9, 10),
    "RECORD-NUMBER": (11, 21),
    "ICN-ORIG": (22, 71),
    "ICN-ADJ": (72, 121),
    "ADJUSTMENT-IND": (122, 122),
    "PAYMENT-OR-RECOUPMENT-DATE": (123, 130),
    "PAYMENT-OR-RECOUPMENT-AMOUNT": (131, 143),
    "PAYER-ID": (167, 196),
    "PAYER-ID-TYPE": (197, 198),
    "PAYEE-ID": (299, 328),
    "PAYEE-ID-TYPE": (329, 330),
    "PAYEE-TAX-ID": (533, 562),
    "PAYEE-TAX-ID-TYPE": (563, 564),
    "MSIS-IDENTIFICATION-NUM": (765, 784),
    "PERFORMANCE-PERIOD-START-DATE": (785, 792),
    "PERFORMANCE-PERIOD-END-DATE": (793, 800),
    "VALUE-BASED-PAYMENT-MODEL-TYPE": (903, 904),
}
_SIGNED = {sign: (positive, digit) for positive, marks in ((1, "{ABCDEFGHI"), (-1, "}JKLMNOPQR")) for digit, sign in enumerate(marks)}


def read_ftx(data: bytes, layout: str, delimiter: str = ",") -> list[dict[str, str]]:
    """Records of an FTX00006 file, amounts in cents."""
    text = data.decode("ascii")
    if layout == "csv":
        rows = list(csv.DictReader(io.StringIO(text), delimiter=delimiter))
        return [row | {"cents": str(cents(row["PAYMENT-OR-RECOUPMENT-AMOUNT"]))} for row in rows]
    found = []
    for line in text.splitlines():
        row = {name: line[first - 1 : last].strip() for name, (first, last) in _FIXED.items()}
        raw = row["PAYMENT-OR-RECOUPMENT-AMOUNT"]
        if raw[-1] in _SIGNED:
            sign, digit = _SIGNED[raw[-1]]
            row["cents"] = str(sign * int(raw[:-1] + str(digit)))
        else:
            row["cents"] = str(int(raw))
        found.append(row)
    return found


def standing(rows: list[dict[str, str]]) -> dict[str, int]:
    """Cents that stand for each ICN-ORIG after its last version: what a reader that drops voided versions adds up."""
    found: dict[str, int] = {}
    for row in rows:
        match row["ADJUSTMENT-IND"]:
            case "0":
                assert row["ICN-ADJ"] == ""
                assert row["ICN-ORIG"] not in found
                found[row["ICN-ORIG"]] = int(row["cents"])
            case "1":
                assert row["ICN-ADJ"] != ""
                assert abs(int(row["cents"])) == abs(found[row["ICN-ORIG"]])
                found[row["ICN-ORIG"]] = 0
            case "4":
                assert row["ICN-ADJ"] != ""
                found[row["ICN-ORIG"]] = int(row["cents"])
            case other:
                raise AssertionError(other)
    return found
