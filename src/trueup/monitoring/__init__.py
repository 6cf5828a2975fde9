"""Monitoring: care withheld, patients selected, reports missing. Flags open reviews; only a failed review forfeits."""
