"""Prices from a base period: outlier lines, target prices and thresholds, published once as an immutable price set."""
