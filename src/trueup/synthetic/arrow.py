"""Integer columns to Arrow columns of text, dates and dollars. The only place here, with `output.py`, that touches pyarrow."""

# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false, reportMissingTypeStubs=false
from __future__ import annotations

import importlib
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa

from trueup.synthetic.draw import Flags, Ints
from trueup.synthetic.people import BABY

# The functions of this module are made at import time, so a type checker knows none of them.
pc: Any = importlib.import_module("pyarrow.compute")

Column = Any  # pyarrow.Array
ArrowTable = Any  # pyarrow.Table


def table(columns: Mapping[str, Column]) -> ArrowTable:
    return pa.table(dict(columns))


def rows_table(rows: Sequence[Mapping[str, str]]) -> ArrowTable:
    """A table of text from rows; an empty text is null."""
    return pa.table({name: pa.array([row[name] or None for row in rows], pa.string()) for name in rows[0]})


def choose(texts: Sequence[str], index: Ints) -> Column:
    """Texts by position; null for negative positions."""
    indices = pa.array(index.astype(np.int32), mask=index < 0)
    return pa.DictionaryArray.from_arrays(indices, pa.array(list(texts), pa.string())).dictionary_decode()


def yes(mask: Flags) -> Column:
    """`true` or `false`."""
    return choose(("false", "true"), mask.astype(np.int64))


def day(values: Ints) -> Column:
    """Dates; null for -1. A birth before 1970 has a day number below -1."""
    return pa.array(values.astype(np.int32), mask=values == -1).cast(pa.date32())


def money(cents: Ints) -> Column:
    """Dollar text with two decimals, exact."""
    wide = np.zeros((len(cents), 2), dtype="<i8")  # 128-bit little-endian: the cents, and their sign
    wide[:, 0], wide[:, 1] = cents, cents >> 63
    return pa.Array.from_buffers(pa.decimal128(18, 2), len(cents), [None, pa.py_buffer(wide.tobytes())]).cast(pa.string())


def number(values: Ints) -> Column:
    return pa.array(values).cast(pa.string())


def same(text: str, n: int) -> Column:
    return pa.repeat(pa.scalar(text), n)


def tagged(prefix: str, values: Ints, width: int) -> Column:
    """`prefix` and a zero-padded number; null for negative numbers."""
    text = pc.utf8_lpad(pa.array(values, mask=values < 0).cast(pa.string()), width, "0")
    return pc.binary_join_element_wise(pa.scalar(prefix), text, "")


def member_text(member: Ints, first_member: int, first_baby: int) -> Column:
    """Member ids: `M` and seven digits, `N` and seven digits for newborns."""
    adult = tagged("M", np.where(member < BABY, member + first_member + 1, 0), 7)
    baby = tagged("N", np.where(member >= BABY, member - BABY + first_baby + 1, 0), 7)
    return pc.if_else(pa.array(member < BABY), adult, baby)
