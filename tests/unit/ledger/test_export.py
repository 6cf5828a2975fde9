"""hledger and beancount add the exported ledger up again, to the same balance of every account."""

from __future__ import annotations

import csv
import os
import re
import shutil
import subprocess
from datetime import date
from pathlib import Path

import pytest
from beancount import loader
from beancount.core import data, realization
from unit.ledger.acts import PROGRAM, book, month_rate, pay, post, proposal, savings
from unit.ledger.test_verify import filled

from trueup.ledger.book import Ledger
from trueup.ledger.export import CURRENCY, external_name
from trueup.money import format_cents, parse_cents


def wanted(ledger: Ledger) -> dict[str, int]:
    return {external_name(b.account_class, b.program, b.entity_id): b.amount_cents for b in ledger.balances()}


@pytest.fixture
def odd(ledger: Ledger) -> Ledger:
    """Entities whose names no format likes, and a pending set that must not be exported."""
    names = ["06-1234567", "06 1234567", "Óbst & Co.; Ltd", 'a:b"c', "E1", "e1"]
    book(ledger, proposal("2025-04", *(month_rate(name, "2025-04", 15_001 + n) for n, name in enumerate(names))), minute=400)
    pay(ledger, "2025-04", date(2025, 4, 30), minute=410)
    book(ledger, proposal("2025-05", savings(names[2], -123_456_789_01)), minute=420)
    post(ledger, proposal("2025-05", savings(names[3], 99)), minute=430)
    return ledger


def hledger(*arguments: str) -> str:
    program = shutil.which("hledger")
    if program is None:
        message = "hledger is not installed: `apt-get install hledger`"
        if os.environ.get("CI"):
            pytest.fail(message)
        pytest.skip(message)
    done = subprocess.run([program, *arguments], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


def hledger_balances(path: Path) -> dict[str, int]:
    rows = csv.DictReader(hledger("-f", str(path), "balance", "--flat", "--empty", "--no-total", "-O", "csv").splitlines())
    shown = {row["account"]: row["balance"].removesuffix(f" {CURRENCY}").replace(",", "") for row in rows}
    return {account: parse_cents(amount) for account, amount in shown.items()}


def beancount_balances(path: Path) -> dict[str, int]:
    entries, errors, _ = loader.load_file(str(path))
    assert errors == []
    found: dict[str, int] = {}
    for account in realization.iter_children(realization.realize(entries), leaf_only=True):
        amount = account.balance.get_currency_units("USD")
        found[account.account] = parse_cents(str(amount.number))
    assert sum(isinstance(e, data.Transaction) for e in entries) > 0
    return found


@pytest.mark.parametrize("content", ["filled", "odd"])
def test_both_programs_come_to_the_same_balances(request: pytest.FixtureRequest, ledger: Ledger, tmp_path: Path, content: str) -> None:
    if content == "filled":
        filled(ledger)
    else:
        request.getfixturevalue("odd")
    journal, bean = tmp_path / "ledger.journal", tmp_path / "ledger.beancount"
    assert ledger.export_hledger(journal) == ledger.export_beancount(bean) > 0
    expected = wanted(ledger)
    assert len(expected) > 5
    assert len(set(expected)) == len(ledger.balances())
    assert hledger_balances(journal) == expected
    assert beancount_balances(bean) == expected
    hledger("-f", str(journal), "check", "--strict")


def test_a_changed_cent_is_seen_by_both(odd: Ledger, tmp_path: Path) -> None:
    """The assertions at the end hold to the cent, beancount's tolerance notwithstanding."""
    journal, bean = tmp_path / "ledger.journal", tmp_path / "ledger.beancount"
    odd.export_hledger(journal)
    odd.export_beancount(bean)
    for path in (journal, bean):
        text = path.read_text(encoding="utf-8")
        lines = text.splitlines()
        at = next(n for n, line in enumerate(lines) if line.endswith("150.01 USD") and "-150.01" not in line)
        other = next(n for n in range(at + 1, len(lines)) if re.search("Transit|Expenses|Liabilities", lines[n]))
        lines[at] = lines[at].replace("150.01", "150.02")
        lines[other] = _less(lines[other])
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    _, errors, _ = loader.load_file(str(bean))
    assert len(errors) >= 2
    program = shutil.which("hledger")
    if program:
        assert subprocess.run([program, "-f", str(journal), "balance"], capture_output=True, check=False).returncode != 0


def _less(line: str) -> str:
    start, amount, currency = line.rsplit(maxsplit=2)
    return f"{start}  {format_cents(parse_cents(amount) - 1)} {currency}"


def test_the_export_names_no_member_and_repeats_its_bytes(odd: Ledger, tmp_path: Path) -> None:
    first, second = tmp_path / "a", tmp_path / "b"
    for path in (first, second):
        odd.export_beancount(path)
    text = first.read_text(encoding="utf-8")
    assert "M1" not in text
    assert odd.head() in text
    assert first.read_bytes() == second.read_bytes()


def test_an_empty_ledger_exports(ledger: Ledger, tmp_path: Path) -> None:
    assert ledger.export_hledger(tmp_path / "a") == ledger.export_beancount(tmp_path / "b") == 0
    assert beancount_errors(tmp_path / "b") == []


def beancount_errors(path: Path) -> list[object]:
    return loader.load_file(str(path))[1]


def test_different_entities_have_different_names() -> None:
    names = ["a-b", "a b", "a", "A", "a-0020-b", "a--b", "É"]
    assert len({external_name("liability:provider", PROGRAM, name) for name in names}) == len(names)
