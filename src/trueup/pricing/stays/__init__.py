"""Inputs of tiers that need rows: results by group, for case mix."""
