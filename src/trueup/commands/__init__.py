"""The commands, by what people do: claims, rules, prices, payments, books, answers, demo. Importing them registers them with the app."""

from trueup.commands import answers, claims, clinical, define, demo, disputes, files, ledger, money, payments, prices, rules, verify
from trueup.commands.common import app, err

__all__ = [
    "answers", "app", "claims", "clinical", "define", "demo", "disputes", "err", "files", "ledger", "money", "payments", "prices",
    "rules", "verify",
]  # fmt: skip
