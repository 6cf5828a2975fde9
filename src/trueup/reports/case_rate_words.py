"""Plain words of monthly case rates."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from trueup.reports.source import Row
from trueup.reports.words import humanize

UNPAID = {
    "member_died": "The member died before this month",
    "stillbirth": "After a stillbirth no month is paid",
    "not_covered": "The member was not covered in this month",
    "third_party": "Another insurer paid for care in this month",
    "not_in_care": "The member was not in care in this month",
    "before_go_live": "Before the program's first month",
    "ended_before_go_live": "The pregnancy ended before the program began",
    "outside_periods": "The care began outside every period of the program",
    "not_accountable": "The practice is not an accountable provider",
    "not_on_roster": "The practice was not on the program's list when the care began",
    "same_month_rule": "Another practice holds the month, and only one is paid",
    "recouped": "The member stayed with another practice, so the month is taken back",
    "no_rate": "The practice has no final case rate for this month",
    "not_due": "Not due yet",
    "paid_already": "Paid already for the same member and month",
}
HOLDS = {
    "attributed": "The practice holds the member",
    "handover": "Month of the change to another practice",
    "overlap": "Another practice holds the member; care was given here too",
}
ENDS = {"live_birth": "Birth", "stillbirth": "Stillbirth", "loss": "Loss", "open": "Still pregnant"}
END_DATES = {"open": "expected"}
GAPS = "Missing encounters are reporting gaps, not care withheld."


def why_unpaid(row: Row) -> str:
    """Why a month is not paid; empty for a paid one."""
    code = row["stop_reason"] if row["unpaid_reason"] == "not_in_care" and row["stop_reason"] else row["unpaid_reason"]
    return "" if row["paid"] else UNPAID.get(code or "") or humanize(code or "")


def counted(reasons: Iterable[str]) -> str:
    """Each reason with how many months it takes, most first."""
    found = sorted(Counter(reasons).items(), key=lambda item: (-item[1], item[0]))
    return "; ".join(f"{text} ({count})" if count > 1 else text for text, count in found)
