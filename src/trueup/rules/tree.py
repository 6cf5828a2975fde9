"""From a validated rule file to values by path: leaves flattened, cites inherited, lists addressed by id."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import astuple, dataclass, field
from datetime import date
from decimal import Decimal
from typing import cast

from pydantic import BaseModel

from trueup.errors import Place, RuleError
from trueup.rules.assumptions import Override
from trueup.rules.codes import rule_error
from trueup.rules.leaf import Leaf
from trueup.rules.program import Param, Unknown, ValueSet
from trueup.rules.reader import Document, Loc

# Descriptions of the file itself; they are no rules and have no path.
_ABOUT = ("schema", "sources", "superseded_facts")


@dataclass
class Flat:
    """Values, cites and faults of one rule file, by path. `optional` are the keys that may be there and are not."""

    doc: Document
    overrides: Mapping[str, Override]
    params: dict[str, Param | Unknown] = field(default_factory=dict[str, "Param | Unknown"])
    cites: dict[str, str] = field(default_factory=dict[str, str])
    cite_places: list[tuple[str, Place]] = field(default_factory=list[tuple[str, Place]])
    raw: dict[str, object] = field(default_factory=dict[str, object])
    optional: set[str] = field(default_factory=set[str])
    errors: list[RuleError] = field(default_factory=list[RuleError])

    def place(self, loc: Loc) -> Place:
        return self.doc.place(loc)

    def override(self, path: str) -> Override | None:
        """The assumption or setting that gives this path, itself or from above."""
        while path:
            if path in self.overrides:
                return self.overrides[path]
            path = path.rpartition(".")[0]
        return None


def flatten(model: BaseModel, doc: Document, overrides: Mapping[str, Override]) -> Flat:
    """Every value of the file by path."""
    flat = Flat(doc, overrides)
    flat.raw = _section(flat, model, "", (), "")
    return flat


def _section(flat: Flat, section: BaseModel, prefix: str, loc: Loc, inherited: str) -> dict[str, object]:
    cite = cast("str | None", getattr(section, "cite", None))
    if cite is not None and not flat.override(prefix):
        flat.cites[prefix] = cite
        flat.cite_places.append((cite, flat.place((*loc, "cite"))))
    result: dict[str, object] = {}
    for name, info in type(section).model_fields.items():
        key = info.alias or name
        if key == "cite":
            continue
        value = cast(object, getattr(section, name))
        path = f"{prefix}.{key}" if prefix else key
        if name not in section.model_fields_set:
            flat.optional.add(path)
            continue
        about = not prefix and key in _ABOUT
        result[key] = _about(flat, value, (*loc, key)) if about else _value(flat, value, path, (*loc, key), cite or inherited)
    return result


def _value(flat: Flat, value: object, path: str, loc: Loc, cite: str) -> object:
    if isinstance(value, Leaf):
        return _leaf(flat, cast("Leaf[object]", value), path, loc, cite)
    if isinstance(value, BaseModel):
        return _section(flat, value, path, loc, cite)
    if isinstance(value, list):
        return _list(flat, cast("list[object]", value), path, loc, cite)
    return _leaf(flat, Leaf[object](value=value), path, loc, cite)


def _list(flat: Flat, items: list[object], path: str, loc: Loc, cite: str) -> list[object]:
    seen: set[str] = set()
    result: list[object] = []
    for i, item in enumerate(items):
        item_id = str(getattr(item, "id", i))
        if item_id in seen:
            place = flat.place((*loc, i))
            flat.errors.append(rule_error("TRU-R010", f"`{item_id}` occurs twice under `{path}`.", place.source, place.line, "Rename one."))
        seen.add(item_id)
        result.append(_value(flat, item, f"{path}.{item_id}", (*loc, i), cite))
    if not items:
        flat.params[path] = Param(path, [], cite, place=flat.place(loc))
    return result


def _leaf(flat: Flat, leaf: Leaf[object], path: str, loc: Loc, inherited: str) -> object:
    given, place = flat.override(path), flat.place(loc)
    if given is not None:
        flat.params[path] = Param(path, leaf.value, given.cite, given.origin, given.basis, given.reason, place=given.place)
        return leaf.value
    if leaf.cite is not None:
        flat.cites[path] = leaf.cite
        flat.cite_places.append((leaf.cite, flat.place((*loc, "cite"))))
    if leaf.unknown is not None:
        unknown = Unknown(path, leaf.unknown, place)
        flat.params[path] = unknown
        return unknown
    flat.params[path] = Param(path, leaf.value, leaf.cite or inherited, as_published=leaf.as_published, place=place)
    return leaf.value


def _about(flat: Flat, value: object, loc: Loc) -> object:
    """A description as plain data; its cites are still held to the sources."""
    if isinstance(value, list):
        return [_about(flat, item, (*loc, i)) for i, item in enumerate(cast("list[object]", value))]
    if isinstance(value, dict):
        return {key: _about(flat, item, (*loc, key)) for key, item in cast("dict[str, object]", value).items()}
    if isinstance(value, BaseModel):
        data = value.model_dump(by_alias=True)
        flat.cite_places += [(str(data[k]), flat.place((*loc, k))) for k in ("cite", "by") if data.get(k)]
        return data
    return value


def digest(data: object, value_sets: Iterable[ValueSet]) -> str:
    """SHA-256 over data and value sets in a form that ignores the order of keys and rows, comments and quoting style."""
    sets = {v.name: sorted([str(part) for part in astuple(code)] for code in v.codes) for v in value_sets}
    text = json.dumps([_canonical(data), sets], sort_keys=True, ensure_ascii=True, separators=(",", ":"))
    return hashlib.sha256(text.encode("ascii")).hexdigest()


def _canonical(value: object) -> object:
    if isinstance(value, dict):
        return {str(k): _canonical(v) for k, v in cast("dict[object, object]", value).items()}
    if isinstance(value, list | tuple):
        return [_canonical(v) for v in cast("list[object]", value)]
    if isinstance(value, date | Decimal):
        return {f"<{type(value).__name__}>": str(value)}
    return value
