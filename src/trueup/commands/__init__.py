"""The commands, by what people do: claims, rules, prices, payments, books, answers, demo. Importing a module registers its commands.

Only the module of the command that was named is imported, so that a short command does not wait for the libraries of the others.
"""

from importlib import import_module

from trueup.commands.common import app, err

MODULES: dict[str, tuple[str, ...]] = {
    "answers": ("explain", "report"),
    "claims": ("init", "load", "synth"),
    "clinical": ("ecqm",),
    "define": ("define",),
    "demo": ("demo",),
    "disputes": ("dispute",),
    "files": ("export",),
    "ledger": ("approve", "close", "ledger", "remit", "reopen", "void"),
    "money": ("settle",),
    "payments": ("pay", "roster"),
    "prices": ("challenge", "price", "risk"),
    "rules": ("check", "describe"),
    "run": ("run",),
    "verify": ("verify",),
}


def load(command: str | None = None) -> None:
    """Register a command; or all, for help and for a word that names none."""
    for module in [m for m, commands in MODULES.items() if command in commands] or MODULES:
        import_module(f"trueup.commands.{module}")


__all__ = ["MODULES", "app", "err", "load"]
