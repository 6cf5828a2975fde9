"""A loaded program: every rule value by its path, with its source, and a refusal where it is unknown."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal, cast

from trueup.errors import Place, Refused, RuleError
from trueup.rules.codes import rule_error
from trueup.rules.reader import mapping
from trueup.rules.suggest import did_you_mean

if TYPE_CHECKING:
    from trueup.rules.measure_model import Measure

Origin = Literal["rule", "assumption", "setting"]


@dataclass(frozen=True)
class Unknown:
    """A rule value that no source gives and no assumption supplies."""

    path: str
    reason: str
    place: Place = field(compare=False, default=Place(""))


@dataclass(frozen=True)
class Param:
    """One rule value: where it stands in the rule, what it is and who says so.

    `cite` is the rule's cite, or for an assumption `file; basis; reason`. `basis` and `reason` are empty for a rule's own value.
    """

    path: str
    value: Any
    cite: str
    origin: Origin = "rule"
    basis: str = ""
    reason: str = ""
    as_published: str | None = None
    place: Place = field(compare=False, default=Place(""))


@dataclass(frozen=True)
class Code:
    """One code of a value set, valid in the half-open span [effective_from, effective_to); None is open."""

    code_system: str
    code: str
    effective_from: date | None
    effective_to: date | None
    value: int | None
    cite: str
    label: str = ""

    def valid_on(self, day: date) -> bool:
        return (self.effective_from is None or self.effective_from <= day) and (self.effective_to is None or day < self.effective_to)


@dataclass(frozen=True)
class ValueSet:
    """A named code list. `origin` is the folder it came from: the program, its assumptions, or shared code-system facts."""

    name: str
    origin: Literal["program", "assumptions", "common"]
    codes: tuple[Code, ...]
    place: Place = field(compare=False, default=Place(""))


@dataclass(frozen=True)
class Finding:
    """A warning of `trueup check`: nothing is wrong with the form, but somebody should look."""

    code: str
    message: str
    place: Place

    def __str__(self) -> str:
        return f"{self.code} {self.place} {self.message}"


@dataclass(frozen=True)
class Period:
    """A baseline or performance period, days inclusive. Asking for an unknown day is refused."""

    id: str
    role: str
    program_year: int | None
    first: Param | Unknown
    last: Param | Unknown
    cite: str

    @property
    def known(self) -> bool:
        return isinstance(self.first, Param) and isinstance(self.last, Param)

    @property
    def first_day(self) -> date:
        return _known(self.first).value

    @property
    def last_day(self) -> date:
        return _known(self.last).value

    @property
    def first_day_as_published(self) -> str | None:
        return self.first.as_published if isinstance(self.first, Param) else None

    @property
    def last_day_as_published(self) -> str | None:
        return self.last.as_published if isinstance(self.last, Param) else None

    def contains(self, day: date) -> bool:
        return self.first_day <= day <= self.last_day


@dataclass(frozen=True)
class Program:
    """One version of one program's rules, with the assumptions and settings of a run filled in.

    `raw` is the tree as read, leaves replaced by their values and by `Unknown` where there is none. `rules_hash` covers the rule file,
    the measures and the value sets it names; `assumptions_hash` the assumptions file and its value sets; `settings_hash` what a case or
    simulation overrode.
    """

    id: str
    title: str
    kind: str
    rule_version: str
    status: str
    place: Place
    raw: Mapping[str, Any]
    params: Mapping[str, Param | Unknown]
    cites: Mapping[str, str]
    sources: Mapping[str, Mapping[str, object]]
    value_sets: Mapping[str, ValueSet]
    periods: tuple[Period, ...]
    rules_hash: str
    assumptions_name: str | None = None
    assumptions_hash: str | None = None
    settings_hash: str | None = None
    warnings: tuple[Finding, ...] = ()
    measures: Mapping[str, Measure] = field(default_factory=dict[str, "Measure"])

    @property
    def scenario(self) -> bool:
        """Whether a known rule was overridden. Such results can never be posted."""
        return self.settings_hash is not None

    def get(self, path: str) -> Any:
        """The value at a path. A part of the tree is given as plain data. Raises `Refused` (TRU-R014) where anything in it is unknown."""
        entry = self.params.get(path)
        if entry is not None:
            return _known(entry).value
        tree = self._tree(path)
        for unknown in self.unknowns():
            if unknown.path.startswith(path + "."):
                raise refusal(unknown)
        return tree

    def integer(self, path: str) -> int:
        """The whole number at a path."""
        value = self.get(path)
        if isinstance(value, bool) or not isinstance(value, int):
            raise TypeError(f"{path} is not a whole number")
        return value

    def text(self, path: str) -> str:
        """The word at a path."""
        value = self.get(path)
        if not isinstance(value, str):
            raise TypeError(f"{path} is not text")
        return value

    def known(self, path: str) -> bool:
        """Whether everything at a path has a value. False too for a path that does not exist (e.g. below a part that is null)."""
        if path in self.params:
            return isinstance(self.params[path], Param)
        return path in self._parts and not any(u.path.startswith(path + ".") for u in self._unknowns)

    def has(self, path: str) -> bool:
        """Whether the path exists, known or not."""
        return path in self.params or path in self._parts

    @cached_property
    def _parts(self) -> frozenset[str]:
        """Every path that has values below it."""
        return frozenset(path[:i] for path in self.params for i, char in enumerate(path) if char == ".")

    @cached_property
    def _unknowns(self) -> tuple[Unknown, ...]:
        return tuple(entry for entry in self.params.values() if isinstance(entry, Unknown))

    def cite(self, path: str) -> str:
        """The cite at a path or the nearest one above it; empty if there is none. An assumption or setting says that it is one."""
        entry = self.params.get(path)
        if isinstance(entry, Param):
            return entry.cite if entry.origin == "rule" else f"{entry.origin} ({entry.cite})"
        while path:
            if path in self.cites:
                return self.cites[path]
            path = path.rpartition(".")[0]
        return ""

    def param(self, path: str) -> Param:
        """The value at a path with its cite and origin. Raises `Refused` where it is unknown."""
        if path not in self.params:
            self._tree(path)
            raise KeyError(f"{path} is a part of the rules, not one value")
        return _known(self.params[path])

    def ids(self, path: str) -> list[str]:
        """The ids of the list at a path, in rule order."""
        items = self._tree(path)
        if not isinstance(items, list):
            raise KeyError(f"{path} is not a list")
        return [str(cast("dict[str, object]", item)["id"]) for item in cast("list[object]", items)]

    def unknowns(self) -> list[Unknown]:
        """The values still unknown, in rule order."""
        return list(self._unknowns)

    def assumed(self) -> list[Param]:
        """The values that the assumptions file supplied, in its order."""
        return self._of("assumption")

    def settings(self) -> list[Param]:
        """The values that a case or simulation overrode."""
        return self._of("setting")

    def codes(self, path: str) -> list[Code]:
        """The codes of the value set that `path` (or `path.value_set`) names."""
        return list(self.value_set(self.set_name(path)).codes)

    def set_name(self, path: str) -> str:
        """The name of the value set at a path. Raises `Refused` where it is unknown."""
        full = path if path in self.params else f"{path}.value_set"
        name = self.get(full)
        if not isinstance(name, str):
            raise KeyError(f"{path} names no value set")
        return name

    def value_set(self, name: str) -> ValueSet:
        return self.value_sets[name]

    def period(self, period_id: str) -> Period:
        """The period of that id. Raises `RuleError` (TRU-R013) if there is none."""
        for period in self.periods:
            if period.id == period_id:
                return period
        raise no_such_path(f"periods.{period_id}", [f"periods.{p.id}" for p in self.periods], self.place)

    def performance_periods(self) -> list[Period]:
        return [p for p in self.periods if p.role == "performance"]

    def _of(self, origin: Origin) -> list[Param]:
        found = [e for e in self.params.values() if isinstance(e, Param) and e.origin == origin]
        return sorted(found, key=lambda p: p.place.line or 0)

    def _tree(self, path: str) -> object:
        node: object = self.raw
        for part in path.split("."):
            if part in mapping(node):
                node = mapping(node)[part]
            elif isinstance(node, list):
                node = next((i for i in _items(cast("list[object]", node)) if i.get("id") == part), None)
            else:
                node = None
            if node is None:
                raise no_such_path(path, list(self.params), self.place)
        return node


def refusal(unknown: Unknown) -> Refused:
    """The refusal that an unknown value causes."""
    message = f"`{unknown.path}` is unknown: {unknown.reason}."
    step = "Name an assumptions file that supplies it, or add the value with a cite; `trueup describe` lists every unknown."
    return Refused("TRU-R014", message, place=unknown.place, next_step=step)


def no_such_path(path: str, candidates: list[str], place: Place) -> RuleError:
    hint = did_you_mean(path, candidates, "`trueup describe` shows the rules by path.")
    return rule_error("TRU-R013", f"has no rule `{path}`.", place.source, place.line, hint)


def _known(entry: Param | Unknown) -> Param:
    if isinstance(entry, Unknown):
        raise refusal(entry)
    return entry


def _items(nodes: list[object]) -> Iterator[dict[str, object]]:
    return (mapping(node) for node in nodes)
