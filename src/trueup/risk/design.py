"""From factors of the rules to columns of a model, rare ones merged or left out; and folds of whole practices."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from trueup.risk.inputs import Domain, Finding, FitRows, Flags, Floats, Ints, shown


@dataclass(frozen=True, slots=True)
class Column:
    """One column of the model: a factor, or several rare ones together; present where any member is."""

    id: str
    domain: Domain
    members: tuple[str, ...]
    episodes: int


@dataclass(frozen=True)
class Design:
    """The columns of a model, its matrix of zeros and ones, and what was left out."""

    columns: tuple[Column, ...]
    matrix: Floats
    left_out: tuple[str, ...]
    findings: tuple[Finding, ...]


def build_design(rows: FitRows, min_episodes: int) -> Design:
    """The columns that at least `min_episodes` episodes have and at least as many lack.

    Factors with fewer are merged into `other_<domain>`; if those too are fewer together, they are left out. A column that is the sum
    of others, or that nearly everybody has, is left out. Every such choice is a finding (TRU-K030 to TRU-K032).
    """
    columns, vectors, left_out, findings = list[Column](), list[Flags](), list[str](), list[Finding]()
    rare: dict[Domain, list[int]] = {}
    for number, factor in enumerate(rows.factors):
        have = int(rows.flags[:, number].sum())
        if have < min_episodes:
            rare.setdefault(factor.domain, []).append(number)
        elif len(rows) - have < min_episodes:
            left_out.append(factor.id)
            findings.append(Finding("TRU-K031", have, f"{factor.id}: only {shown(len(rows) - have)} episodes are without it; left out."))
        else:
            columns.append(Column(factor.id, factor.domain, (factor.id,), have))
            vectors.append(rows.flags[:, number])
    for domain, numbers in sorted(rare.items()):
        members = tuple(rows.factors[n].id for n in numbers)
        together: Flags = rows.flags[:, numbers].sum(axis=1) > 0
        have = int(together.sum())
        if have >= min_episodes and len(rows) - have >= min_episodes:
            columns.append(Column(f"other_{domain}", domain, members, have))
            vectors.append(together)
            words = f"{', '.join(members)}: fewer than {min_episodes} episodes each; merged into other_{domain}."
        else:
            left_out += members
            words = f"{', '.join(members)}: {shown(have)} episodes together, {min_episodes} are needed; left out."
        findings.append(Finding("TRU-K030", have, words))
    matrix: Floats = np.column_stack(vectors).astype(np.float64) if vectors else np.zeros((len(rows), 0))
    keep = independent(matrix)
    for number, column in enumerate(columns):
        if number not in keep:
            left_out += column.members
            findings.append(Finding("TRU-K032", column.episodes, f"{column.id}: says nothing beyond the factors before it; left out."))
    return Design(tuple(columns[n] for n in keep), matrix[:, keep], tuple(left_out), tuple(findings))


def independent(matrix: Floats) -> list[int]:
    """Columns that are not a combination of the intercept and the columns before them, in order."""
    n = matrix.shape[0]
    basis: list[Floats] = [np.full(n, 1 / np.sqrt(n))] if n else []
    keep: list[int] = []
    for number in range(matrix.shape[1]):
        rest: Floats = matrix[:, number].copy()
        length = float(np.linalg.norm(rest))
        for _ in range(2):  # twice is enough against rounding
            for direction in basis:
                rest = rest - direction * float(direction @ rest)
        norm = float(np.linalg.norm(rest))
        if length > 0 and norm > 1e-7 * length:
            basis.append(rest / norm)
            keep.append(number)
    return keep


def assign_folds(entity_ids: Sequence[str], folds: int) -> Ints:
    """The fold of each episode, so that a practice is in one fold whole: largest practice first into the fold with fewest episodes.

    Practices of one size go in the order of the SHA-256 of their id, so nothing depends on the order of rows. There are at most as many
    folds as practices.
    """
    counts = Counter(entity_ids)
    order = sorted(counts, key=lambda e: (-counts[e], hashlib.sha256(e.encode()).hexdigest()))
    sizes = [0] * min(folds, len(order))
    home: dict[str, int] = {}
    for entity in order:
        fold = sizes.index(min(sizes))
        home[entity] = fold
        sizes[fold] += counts[entity]
    return np.array([home[e] for e in entity_ids], dtype=np.int64)
