"""trueup: the open engine for value-based payment in Medicaid."""

__version__ = "0.1.0"
