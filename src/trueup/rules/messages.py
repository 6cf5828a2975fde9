"""Validate data against a strict model and say what is wrong in terms of the file: path, line, and what was probably meant."""

from __future__ import annotations

import types
from collections.abc import Callable, Iterator
from datetime import date
from decimal import Decimal
from functools import cache
from typing import Annotated, Any, TypeVar, Union, cast, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from trueup.errors import RuleError
from trueup.rules.codes import rule_error
from trueup.rules.leaf import LEAF_KEYS, Leaf
from trueup.rules.reader import Document, Loc, mapping
from trueup.rules.suggest import nearest

M = TypeVar("M", bound=BaseModel)
Locate = Callable[[Loc], tuple[str, int | None]]


def validate(model: type[M], data: object, doc: Document, locate: Locate | None = None) -> tuple[M | None, list[RuleError]]:
    """The model of `data`, or None and every error. `locate` may send a location to another file (an assumption's)."""

    try:
        return model.model_validate(data), []
    except ValidationError as e:
        found: dict[tuple[str, str], RuleError] = {}
        for detail in e.errors(include_url=False):
            error = _explain(model, data, detail, doc, locate or doc.where)
            found.setdefault((str(error.place), error.message), error)
        return None, sorted(found.values(), key=lambda r: (str(r.place.source if r.place else ""), (r.place.line or 0) if r.place else 0))


def path_of(data: object, loc: Loc) -> str:
    """A location as a rule path: list items by their id."""
    parts: list[str] = []
    for step in loc:
        if isinstance(step, int) and isinstance(data, list) and step < len(cast("list[object]", data)):
            data = cast("list[object]", data)[step]
            item_id = cast("dict[str, object]", data).get("id") if isinstance(data, dict) else None
            parts.append(item_id if isinstance(item_id, str) else f"[{step + 1}]")
        else:
            data = cast("dict[object, object]", data).get(step) if isinstance(data, dict) else None
            parts.append(str(step))
    return ".".join(parts)


def _in_file(data: object, loc: Loc) -> Loc:
    """The location without the steps that only the models have (mechanism names, the inside of a bare leaf)."""
    kept: list[str | int] = []
    for i, step in enumerate(loc):
        if isinstance(data, dict):
            mapping = cast("dict[object, object]", data)
            if step in mapping:
                data = mapping[step]
            elif step == "value" and "read_as" in mapping:
                data, step = mapping["read_as"], "read_as"
            elif i < len(loc) - 1 or step == "value":
                continue
        elif isinstance(data, list) and isinstance(step, int) and step < len(cast("list[object]", data)):
            data = cast("list[object]", data)[step]
        else:
            continue
        kept.append(step)
    return tuple(kept)


def _explain(model: type[BaseModel], data: object, detail: ErrorDetails, doc: Document, where: Locate) -> RuleError:
    loc, kind = _in_file(data, detail["loc"]), detail["type"]
    if kind == "union_tag_invalid":
        loc = (*loc, "mechanism")
    source, line = where(loc)
    path = path_of(data, loc)
    if kind == "extra_forbidden":
        return _extra(model, data, detail["loc"], loc, doc, where)
    if kind in ("missing", "union_tag_not_found"):
        key = "mechanism" if kind == "union_tag_not_found" else str(detail["loc"][-1])
        above = path_of(data, loc[:-1] if kind == "missing" else loc)
        source, line = where(loc[:-1] if kind == "missing" else loc)
        under = f" under `{above}`" if above else ""
        typo = nearest(key, mapping(detail["input"])) if kind == "union_tag_not_found" else None
        if typo:
            source, line = where((*loc, typo))
            return rule_error("TRU-R004", f"`{typo}` is not a key under `{above}`.", source, line, f"Did you mean `{key}`?")
        step = "Add it, or `{unknown: reason}` where no source gives it."
        return rule_error("TRU-R006", f"`{key}` is missing{under}.", source, line, step)
    expected, hint = _expected(detail)
    name = f"`{path}`" if path else "the file"
    found = detail.get("ctx", {}).get("tag", detail["input"])
    return rule_error("TRU-R007", f"{name} is {_show(found)}; {expected}.", source, line, hint)


def _extra(model: type[BaseModel], data: object, raw_loc: tuple[Any, ...], loc: Loc, doc: Document, where: Locate) -> RuleError:
    key, above = str(loc[-1]), path_of(data, loc[:-1])
    source, line = where(loc)
    under = f" under `{above}`" if above else " at the top of the file"
    if loc in doc.flow_comma:
        step = "A comma ends an unquoted text inside { }: quote the text before it."
        return rule_error("TRU-R004", f"`{key}` is not a key{under}.", source, line, step)
    siblings, homes = _keys_at(model, data, raw_loc[:-1]), _homes(model)
    near = nearest(key, siblings, 0.7)
    if key in homes:
        places = " or ".join(f"`{home}`" if home else "the top of the file" for home in homes[key][:3])
        return rule_error("TRU-R005", f"`{key}` does not belong{under}.", source, line, f"It belongs under {places}.")
    if near:
        return rule_error("TRU-R004", f"`{key}` is not a key{under}.", source, line, f"Did you mean `{near}`?")
    far = nearest(key, homes, 0.8)
    step = f"Did you mean `{far}`, which belongs under `{homes[far][0]}`?" if far else f"Known here: {', '.join(siblings)}."
    return rule_error("TRU-R004", f"`{key}` is not a key{under}.", source, line, step)


def _expected(detail: ErrorDetails) -> tuple[str, str]:
    """What was expected, and a did-you-mean."""
    kind, context = detail["type"], detail.get("ctx", {})
    if kind == "value_error":
        return str(context["error"]), ""
    if kind in ("literal_error", "union_tag_invalid"):
        words = str(context.get("expected") or context.get("expected_tags"))
        options = [w.strip("' ") for w in words.replace(" or ", ", ").split(",")]
        found = str(context.get("tag", detail["input"]))
        near = nearest(found, options)
        return f"expected {', '.join(options)}", f"Did you mean {near}?" if near else ""
    expected = {
        "int_type": "expected a whole number without quotes", "bool_type": "expected true or false", "string_type": "expected text",
        "list_type": "expected a list", "model_type": "expected a mapping of keys", "dict_type": "expected a mapping of keys",
        "model_attributes_type": "expected a mapping of keys",
    }.get(kind)  # fmt: skip
    return expected or f"expected: {detail['msg'].lower()}", ""


def _show(value: object) -> str:
    if isinstance(value, dict | list):
        return "a mapping" if isinstance(value, dict) else "a list"
    if isinstance(value, date | Decimal):
        return str(value)
    words = {None: "null", True: "true", False: "false"}
    return f'"{value}"' if isinstance(value, str) else words[value] if value is None or isinstance(value, bool) else str(value)


def _inner(annotation: object) -> list[object]:
    """The models inside an annotation, through Optional, Annotated, unions, lists and dicts."""
    origin = get_origin(annotation)
    if origin in (list, dict, Union, types.UnionType, Annotated):
        arguments = get_args(annotation)[:1] if origin is Annotated else get_args(annotation)
        return [m for a in arguments for m in _inner(a)]
    return [annotation] if isinstance(annotation, type) and issubclass(annotation, BaseModel) else []


def fields_of(model: type[BaseModel]) -> dict[str, list[type[BaseModel]]]:
    """The keys of a model as written in files, each with the models below it."""
    return {(f.alias or name): cast("list[type[BaseModel]]", _inner(f.annotation)) for name, f in model.model_fields.items()}


def _keys(model: type[BaseModel]) -> list[str]:
    return list(LEAF_KEYS) if issubclass(model, Leaf) else list(fields_of(model))


def _keys_at(model: type[BaseModel], data: object, loc: tuple[Any, ...]) -> list[str]:
    """The keys allowed at a location; where two mechanisms are possible, those of the one the file names."""
    models = [model]
    for step in loc:
        if isinstance(step, int):
            continue
        below = [m for candidate in models for m in fields_of(candidate).get(str(step), [])]
        tagged = [m for m in models if "mechanism" in m.model_fields and step in get_args(m.model_fields["mechanism"].annotation)]
        models = below or tagged or models
    return list(dict.fromkeys(key for m in models for key in _keys(m)))


@cache
def _homes(model: type[BaseModel]) -> dict[str, list[str]]:
    """Every key of a model and the paths under which it belongs; keys that many mappings share are left out."""
    homes: dict[str, list[str]] = {}
    for path, key in _walk(model, ""):
        homes.setdefault(key, []).append(path)
    common = {"id", "cite", "value_set", "value", "unknown", "title"}
    return {key: list(dict.fromkeys(paths)) for key, paths in homes.items() if key not in common}


def _walk(model: type[BaseModel], path: str) -> Iterator[tuple[str, str]]:
    for key, below in fields_of(model).items():
        yield path, key
        for inner in below:
            if not issubclass(inner, Leaf):
                yield from _walk(inner, f"{path}.{key}" if path else key)
