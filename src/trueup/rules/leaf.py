"""The smallest parts of a rule file: a leaf holds one value, or says why it is unknown.

Five forms mean the same thing to the rest of the program: a bare scalar or list, `{value, cite}`, `{unknown: reason}`,
`{as_published, read_as, cite}`, and, for code lists, `{value_set: NAME or {unknown: reason}, cite}`.
"""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal
from typing import Annotated, Any, Generic, TypeVar, cast

from pydantic import BaseModel, ConfigDict, Field, PlainValidator, model_validator

T = TypeVar("T")

LEAF_KEYS = ("value", "cite", "unknown", "as_published", "read_as")
_DECIMAL = re.compile(r"^-?\d+(\.\d+)?$")
_DOLLARS = re.compile(r"^-?\d+(\.\d{1,2})?$")
_NAME = re.compile(r"^[a-z0-9_]+$")
_ID = re.compile(r"^[A-Za-z][A-Za-z0-9_]*$")


class Section(BaseModel):
    """A mapping of the rule file. Its cite holds for everything below it that has none of its own."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True, defer_build=True)
    cite: str | None = None


class Leaf(BaseModel, Generic[T]):
    """One value with its source, or the reason why it is unknown."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True, defer_build=True)
    value: T = cast(Any, None)
    cite: str | None = None
    unknown: str | None = Field(default=None, min_length=1)
    as_published: str | None = None

    @model_validator(mode="before")
    @classmethod
    def one_form(cls, raw: object) -> object:
        """Bring the five forms into one; a mixture of forms is an error."""
        if not isinstance(raw, dict):
            return {"value": raw}
        found = cast("dict[str, object]", raw)
        if "unknown" in found:
            if "value" in found or "read_as" in found:
                raise ValueError("either `unknown` or a value, not both")
            if found["unknown"] is None:
                raise ValueError("`unknown` states the reason in words")
            return found
        if "read_as" in found or "as_published" in found:
            if "read_as" not in found or found.get("as_published") is None or "value" in found:
                raise ValueError("`as_published` and `read_as` belong together, without `value`")
            return {("value" if key == "read_as" else key): value for key, value in found.items()}
        if "value" not in found:
            raise ValueError("expected a value, `{value, cite}`, `{unknown: reason}` or `{as_published, read_as, cite}`")
        return found


def _decimal(raw: object) -> Decimal:
    if isinstance(raw, Decimal):
        return raw
    if isinstance(raw, str) and _DECIMAL.match(raw):
        return Decimal(raw)
    raise ValueError('expected a decimal number in quotes, like "0.50"')


def _rate(raw: object) -> Decimal:
    if isinstance(raw, str | Decimal) and _DECIMAL.match(str(raw)) and 0 <= Decimal(raw) <= 1:
        return Decimal(raw)
    raise ValueError('expected a share of one in quotes, from "0" to "1"')


def _rate_or_off(raw: object) -> Decimal | str:
    if raw == "off":
        return "off"
    try:
        return _rate(raw)
    except ValueError:
        raise ValueError('expected a share of one in quotes, like "0.02", or "off"') from None


def _dollars(raw: object) -> Decimal:
    if (isinstance(raw, str) and _DOLLARS.match(raw)) or isinstance(raw, Decimal):
        return Decimal(raw)
    raise ValueError('expected dollars in quotes with at most two decimals, like "180.00"')


def _dollars_or_off(raw: object) -> Decimal | str:
    return "off" if raw == "off" else _dollars(raw)


def _years(raw: object) -> Decimal | str:
    if raw in ("midpoint", "midpoint_months"):
        return str(raw)
    try:
        return _decimal(raw)
    except ValueError:
        raise ValueError('expected years in quotes, like "2", midpoint or midpoint_months') from None


def _day(raw: object) -> date:
    if isinstance(raw, date):
        return raw
    raise ValueError("expected a day, like 2025-01-31, without quotes")


def _set_name(raw: object) -> str:
    if isinstance(raw, str) and _NAME.match(raw):
        return raw
    raise ValueError("expected the name of a value set: lower-case letters, digits and _")


def _path_id(raw: object) -> str:
    if isinstance(raw, str) and _ID.match(raw):
        return raw
    raise ValueError("expected an id: letters, digits and _, beginning with a letter")


def _text(raw: object) -> str:
    if isinstance(raw, str) and raw.strip():
        return raw
    raise ValueError("expected text; quote it if it looks like a number")


def _printed(raw: object) -> str:
    if isinstance(raw, date):
        return raw.isoformat()
    if isinstance(raw, str | int) and not isinstance(raw, bool):
        return str(raw)
    raise ValueError("expected a year, a month or a day")


Amount = Annotated[Decimal, PlainValidator(_decimal)]
Rate = Annotated[Decimal, PlainValidator(_rate)]
RateOrOff = Annotated[Decimal | str, PlainValidator(_rate_or_off)]
Dollars = Annotated[Decimal, PlainValidator(_dollars)]
DollarsOrOff = Annotated[Decimal | str, PlainValidator(_dollars_or_off)]
Years = Annotated[Decimal | str, PlainValidator(_years)]
Day = Annotated[date, PlainValidator(_day)]
SetName = Annotated[str, PlainValidator(_set_name)]
PathId = Annotated[str, PlainValidator(_path_id)]
Text = Annotated[str, PlainValidator(_text)]
Printed = Annotated[str, PlainValidator(_printed)]
Count = Annotated[int, Field(ge=0)]


class CodeList(Section):
    """A place where a value set is due: `{value_set: NAME, cite}`."""

    value_set: Leaf[SetName]
