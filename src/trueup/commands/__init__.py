"""The commands, by what people do: claims, rules, money, answers, demo. Importing them registers them with the app."""

from trueup.commands import answers, claims, demo, money, rules
from trueup.commands.common import app, err

__all__ = ["answers", "app", "claims", "demo", "err", "money", "rules"]
