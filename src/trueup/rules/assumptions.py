"""Values laid over a rule file: an assumptions file fills what is unknown; the settings of a case may change what is known.

Both are checked by validating the rule file again with the value in its place, so a wrong type reads like the same fault in a rule file.
"""

from __future__ import annotations

import copy
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import cast

from trueup.errors import Place, RuleError
from trueup.rules.codes import rule_error
from trueup.rules.messages import validate
from trueup.rules.program import Origin, Param, Unknown
from trueup.rules.reader import Document, Loc, read_yaml
from trueup.rules.schema import Assumption, AssumptionsFile
from trueup.rules.suggest import did_you_mean

_PATHS = "`trueup describe` lists the paths."


@dataclass(frozen=True)
class Override:
    """One value laid over a rule path, and who says so."""

    path: str
    value: object
    origin: Origin
    cite: str
    place: Place
    basis: str = ""
    reason: str = ""
    names_set: bool = False


def find_assumptions(home: Path, given: str | Path) -> Path:
    """The file of an assumptions name (`illustrative`) or path."""
    if isinstance(given, Path) or "/" in given or given.endswith((".yaml", ".yml")):
        return Path(given)
    return home / "assumptions" / f"{given}.yaml"


def read_assumptions(path: Path, program_id: str) -> tuple[Document, AssumptionsFile | None, list[RuleError]]:
    """Read one assumptions file strictly."""
    doc = read_yaml(path)
    if doc.errors:
        return doc, None, doc.errors
    file, errors = validate(AssumptionsFile, doc.data, doc)
    if file and file.program != program_id:
        message = f"`program` is {file.program}, but the file is used for {program_id}."
        errors.append(rule_error("TRU-R012", message, doc.source, doc.line(("program",))))
    return doc, file, errors


def from_file(file: AssumptionsFile, doc: Document, known: Mapping[str, Param | Unknown]) -> tuple[dict[str, Override], list[RuleError]]:
    """The overrides of an assumptions file. It may name only paths of `known` that are unknown."""
    found: dict[str, Override] = {}
    errors: list[RuleError] = []
    unknown = [path for path, entry in known.items() if isinstance(entry, Unknown)]
    for path, item in file.values.items():
        place = Place(doc.source, doc.line(("values", path)))
        if path not in unknown:
            errors.append(_not_unknown(path, known, unknown, place))
            continue
        fault = _wrong_form(path, item)
        if fault:
            errors.append(rule_error("TRU-R032", fault, place.source, place.line))
            continue
        value = item.value_set if item.value_set is not None else item.value
        cite = f"{file.name}; {item.basis}; {item.reason}"
        found[path] = Override(path, value, "assumption", cite, place, item.basis, item.reason, item.value_set is not None)
    return found, errors


def from_settings(settings: Mapping[str, object], known: Iterable[str], place: Place) -> tuple[dict[str, Override], list[RuleError]]:
    """The overrides of a case or simulation. They may name any of the `known` paths, also a part of the tree."""
    found: dict[str, Override] = {}
    errors: list[RuleError] = []
    paths = dict.fromkeys(known)
    paths.update(dict.fromkeys(path[:i] for path in list(paths) for i, c in enumerate(path) if c == "."))
    for path, value in settings.items():
        if path not in paths:
            step = did_you_mean(path, paths, _PATHS)
            errors.append(rule_error("TRU-R031", f"setting `{path}` does not exist in the rules.", place.source, place.line, step))
            continue
        found[path] = Override(path, value, "setting", "scenario", place, names_set=path.endswith("value_set"))
    return found, errors


def patch(data: object, overrides: Mapping[str, Override]) -> tuple[object, dict[Loc, Place]]:
    """A copy of the rule file's data with the values in their places, and where each place came from."""
    patched = copy.deepcopy(data)
    places: dict[Loc, Place] = {}
    for override in sorted(overrides.values(), key=lambda o: o.path.count(".")):
        loc: list[str | int] = []
        node: object = patched
        *above, last = override.path.split(".")
        for part in above:
            node = _step(node, part, loc)
        if isinstance(node, list):
            holder = cast("list[object]", node)
            index = next(i for i, item in enumerate(holder) if isinstance(item, dict) and cast("dict[str, object]", item).get("id") == last)
            holder[index] = override.value
            loc.append(index)
        elif isinstance(node, dict):
            cast("dict[str, object]", node)[last] = override.value
            loc.append(last)
        places[tuple(loc)] = override.place
    return patched, places


def _step(node: object, part: str, loc: list[str | int]) -> object:
    if isinstance(node, list):
        for i, item in enumerate(cast("list[object]", node)):
            if isinstance(item, dict) and cast("dict[str, object]", item).get("id") == part:
                loc.append(i)
                return cast(object, item)
    if isinstance(node, dict):
        loc.append(part)
        return cast("dict[str, object]", node).get(part)
    return None


def _not_unknown(path: str, known: Mapping[str, Param | Unknown], unknown: list[str], place: Place) -> RuleError:
    if path in known:
        message = f"`{path}` is known in the rules, so it cannot be assumed."
        return rule_error("TRU-R030", message, place.source, place.line, "Remove it; a case may override it under `settings`.")
    step = did_you_mean(path, unknown or known, _PATHS)
    return rule_error("TRU-R031", f"`{path}` does not exist in the rules.", place.source, place.line, step)


def _wrong_form(path: str, item: Assumption) -> str:
    wants_set, has_value = path.endswith("value_set"), "value" in item.model_fields_set
    if has_value == (item.value_set is not None):
        return f"`{path}` needs either `value` or `value_set`."
    if wants_set and has_value:
        return f"`{path}` names a value set: write `value_set: NAME`, not `value`."
    if not wants_set and not has_value:
        return f"`{path}` is a value, not a value set: write `value`."
    return f"the value of `{path}` is a mapping; a plain value is due." if isinstance(item.value, dict) else ""
