"""What becomes of a claim after its first version: voids, replacements, copies, conflicts and whatever else claims do."""

from __future__ import annotations

from datetime import date, timedelta
from random import Random
from typing import Any

Row = dict[str, Any]
LIVES = """
    void replace replace_new void_replace chain denied denied_line copy conflict orphan pending double_void fork fork_high cycle late
    denied_replacement gone_void second_original voided_sibling void_of_replacement debit hanging bad_void bad_replacement
"""


class Lives:
    """Each life takes the rows of a claim's first version and gives those of all versions."""

    rng: Random

    def _next(self, rows: list[Row], known: date, seq: int, kind: str, **changes: Any) -> list[Row]:
        paid = {"paid_amount": self.rng.choice(("50.00", "77.77"))} if kind == "replacement" else {}
        later = known + timedelta(days=self.rng.choice((-10, 10, 40, 400)))
        return [{**row, "version_seq": seq, "record_type": kind, "received_date": later, **paid, **changes} for row in rows]

    def _life_plain(self, rows: list[Row], known: date) -> list[Row]:
        return rows

    def _life_void(self, rows: list[Row], known: date) -> list[Row]:
        return rows + self._next(rows, known, 2, "void")

    def _life_replace(self, rows: list[Row], known: date) -> list[Row]:
        return rows + self._next(rows, known, 2, "replacement")

    def _life_replace_new(self, rows: list[Row], known: date) -> list[Row]:
        name = rows[0]["claim_id"]
        return rows + self._next(rows, known, self.rng.choice((1, 2)), "replacement", claim_id=f"{name}R", replaces_claim_id=name)

    def _life_void_replace(self, rows: list[Row], known: date) -> list[Row]:
        name = rows[0]["claim_id"]
        void = self._next(rows, known, 2, "void", replaces_claim_id=self.rng.choice((None, name)))
        return rows + void + self._next(rows, known, 3, "replacement", claim_id=f"{name}R", replaces_claim_id=name)

    def _life_chain(self, rows: list[Row], known: date) -> list[Row]:
        name = rows[0]["claim_id"]
        one = self._next(rows, known, 2, "replacement", claim_id=f"{name}A", replaces_claim_id=name)
        return (
            rows
            + one
            + self._next(rows, known, 3, self.rng.choice(("void", "replacement")), claim_id=f"{name}B", replaces_claim_id=f"{name}A")
        )

    def _life_denied(self, rows: list[Row], known: date) -> list[Row]:
        return [{**row, "claim_status": self.rng.choice(("denied", "reversed", "pended"))} for row in rows]

    def _life_denied_line(self, rows: list[Row], known: date) -> list[Row]:
        return [{**rows[0], "claim_status": "denied"}, *rows[1:]]

    def _life_denied_replacement(self, rows: list[Row], known: date) -> list[Row]:
        return rows + self._next(rows, known, 2, "replacement", claim_status="denied")

    def _life_copy(self, rows: list[Row], known: date) -> list[Row]:
        return [*rows, dict(rows[0])]

    def _life_conflict(self, rows: list[Row], known: date) -> list[Row]:
        return [*rows, {**rows[0], "paid_amount": "12.34"}]

    def _life_orphan(self, rows: list[Row], known: date) -> list[Row]:
        return self._next(rows, known, 2, "replacement", replaces_claim_id="NOWHERE")

    def _life_pending(self, rows: list[Row], known: date) -> list[Row]:
        return self._next(rows, known, 2, "void")

    def _life_double_void(self, rows: list[Row], known: date) -> list[Row]:
        return rows + self._next(rows, known, 2, "void") + self._next(rows, known, 3, "void")

    def _life_fork(self, rows: list[Row], known: date) -> list[Row]:
        name = rows[0]["claim_id"]
        return rows + [r for x in "AB" for r in self._next(rows, known, 2, "replacement", claim_id=f"{name}{x}", replaces_claim_id=name)]

    def _life_fork_high(self, rows: list[Row], known: date) -> list[Row]:
        name = rows[0]["claim_id"]
        return rows + [
            r
            for s, x in ((2, "A"), (3, "B"))
            for r in self._next(rows, known, s, "replacement", claim_id=f"{name}{x}", replaces_claim_id=name)
        ]

    def _life_cycle(self, rows: list[Row], known: date) -> list[Row]:
        name = rows[0]["claim_id"]
        back = self._next(rows, known, 1, "replacement", replaces_claim_id=f"{name}A")
        return rows + back + self._next(rows, known, 2, "replacement", claim_id=f"{name}A", replaces_claim_id=name)

    def _life_late(self, rows: list[Row], known: date) -> list[Row]:
        return [{**row, "received_date": date(2029, 1, 1)} for row in rows]

    def _life_second_original(self, rows: list[Row], known: date) -> list[Row]:
        return rows + [{**row, "version_seq": 2, "paid_amount": "61.00"} for row in rows]

    def _life_voided_sibling(self, rows: list[Row], known: date) -> list[Row]:
        name = rows[0]["claim_id"]
        two = self._next(rows, known, 2, "replacement", claim_id=f"{name}A", replaces_claim_id=name)
        three = self._next(rows, known, 3, "replacement", claim_id=f"{name}B", replaces_claim_id=name)
        return [*rows, *two, *three, *self._next(rows, known, 1, "void", claim_id=f"{name}V", replaces_claim_id=f"{name}B")]

    def _life_void_of_replacement(self, rows: list[Row], known: date) -> list[Row]:
        name = rows[0]["claim_id"]
        two = self._next(rows, known, 2, "replacement", claim_id=f"{name}A", replaces_claim_id=name)
        return rows + two + self._next(rows, known, self.rng.choice((2, 3)), "void", claim_id=f"{name}A")

    def _life_debit(self, rows: list[Row], known: date) -> list[Row]:
        return rows + self._next(rows, known, self.rng.choice((1, 2)), self.rng.choice(("debit", "credit")))

    def _life_hanging(self, rows: list[Row], known: date) -> list[Row]:
        name = rows[0]["claim_id"]
        hung = self._next(rows, known, 3, "replacement", claim_id=f"{name}H", replaces_claim_id=name)
        return self._life_cycle(rows, known) + hung

    def _life_bad_void(self, rows: list[Row], known: date) -> list[Row]:
        name = rows[0]["claim_id"]
        void = self._next(rows, known, 2, "void", claim_id=self.rng.choice((name, f"{name}V")), replaces_claim_id=name)
        void[0]["paid_amount"] = "12.345"
        return rows + void

    def _life_bad_replacement(self, rows: list[Row], known: date) -> list[Row]:
        name = rows[0]["claim_id"]
        two = self._next(rows, known, 2, "replacement", claim_id=f"{name}A", replaces_claim_id=name)
        three = self._next(rows, known, 3, "replacement", claim_id=f"{name}B", replaces_claim_id=f"{name}A")
        two[0]["paid_amount"] = "0.005"
        return rows + two + three

    def _life_gone_void(self, rows: list[Row], known: date) -> list[Row]:
        void = self._next(rows, known, 2, "void")
        return rows + void + [{**void[0], "paid_amount": "-1.00"}]
