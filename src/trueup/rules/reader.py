"""Strict YAML: plain Python data plus the line of every key, and every fault of the file at once.

A scalar that YAML readers disagree on (an unquoted decimal, a leading zero, a time stamp) is an error, never coerced: a rule file holds
text, whole numbers, dates, true, false and null. Aliases are expanded; the same content written twice or once gives the same data.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any, cast

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from trueup.errors import Place, RuleError
from trueup.rules.codes import rule_error

Loc = tuple[str | int, ...]

_INT = re.compile(r"^-?(0|[1-9][0-9]*)$")
_DAY = re.compile(r"^\d{4}-\d{2}-\d{2}$")
_TAG = "tag:yaml.org,2002:"
_MAX_NODES = 500_000  # an alias can multiply a small file into an endless one


@dataclass
class Document:
    """One YAML file: its data, the line of every location, and what is wrong with it. `parts` stand in files of their own."""

    source: str
    data: object = None
    lines: dict[Loc, int] = field(default_factory=dict[Loc, int])
    flow_comma: set[Loc] = field(default_factory=set[Loc])
    errors: list[RuleError] = field(default_factory=list[RuleError])
    parts: dict[Loc, Document] = field(default_factory=dict[Loc, "Document"])

    def where(self, loc: Loc) -> tuple[str, int | None]:
        """The file of a location and its line there."""
        for head, part in self.parts.items():
            if loc[: len(head)] == head:
                return part.where(loc[len(head) :])
        return self.source, self.line(loc)

    def place(self, loc: Loc) -> Place:
        """The same as a place."""
        return Place(*self.where(loc))

    def error(self, code: str, loc: Loc, message: str, next_step: str = "") -> RuleError:
        """An error at a location of this file."""
        return rule_error(code, message, self.source, self.line(loc), next_step)

    def line(self, loc: Loc) -> int | None:
        """The line of a location, or of the nearest part above it that the file holds."""
        while loc and loc not in self.lines:
            loc = loc[:-1]
        return self.lines.get(loc)


def mapping(data: object) -> dict[str, object]:
    """The data as a mapping; empty if it is something else."""
    return cast("dict[str, object]", data) if isinstance(data, dict) else {}


def sequence(data: object) -> list[object]:
    """The data as a list; empty if it is something else."""
    return cast("list[object]", data) if isinstance(data, list) else []


def is_mapping(data: object) -> bool:
    return isinstance(data, dict)


def is_list(data: object) -> bool:
    return isinstance(data, list)


def shown(path: Path) -> str:
    """A path as people see it: relative to the working folder where it lies below it."""
    try:
        return path.resolve().relative_to(Path.cwd()).as_posix()
    except ValueError:
        return path.as_posix()


def read_yaml(path: Path) -> Document:
    """Read one YAML file strictly. Faults are in `.errors`; nothing is raised."""
    doc = Document(shown(path))
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as e:
        reason = e.strerror if isinstance(e, OSError) else "it is not UTF-8 text"
        doc.errors.append(rule_error("TRU-R001", f"cannot be read: {reason}.", doc.source))
        return doc
    return _parse(doc, text)


def parse_yaml(text: str, source: str) -> Document:
    """Read YAML text strictly, as `read_yaml` does for a file."""
    return _parse(Document(source), text)


def _parse(doc: Document, text: str) -> Document:
    try:
        root = cast("Node | None", cast(Any, YAML(typ="safe", pure=True)).compose(text))
    except MarkedYAMLError as e:
        mark = cast(Any, e).problem_mark or cast(Any, e).context_mark
        doc.errors.append(rule_error("TRU-R001", f"is not YAML: {cast(Any, e).problem}.", doc.source, mark.line + 1 if mark else None))
        return doc
    except (YAMLError, RecursionError) as e:
        doc.errors.append(rule_error("TRU-R001", f"is not YAML: {str(e).splitlines()[0]}.", doc.source))
        return doc
    if root is None:
        doc.errors.append(rule_error("TRU-R001", "is empty.", doc.source, 1))
        return doc
    doc.data = _Builder(doc).build(root, (), frozenset())
    return doc


class _Builder:
    """Turns YAML nodes into data, noting lines and faults in the document."""

    def __init__(self, doc: Document) -> None:
        self.doc, self.count = doc, 0

    def fault(self, code: str, node: Node, message: str, next_step: str = "") -> None:
        self.doc.errors.append(rule_error(code, message, self.doc.source, _line(node), next_step))

    def build(self, node: Node, loc: Loc, above: frozenset[int]) -> object:
        self.count += 1
        self.doc.lines.setdefault(loc, _line(node))
        if id(node) in above or self.count > _MAX_NODES:
            if self.count <= _MAX_NODES + 1:
                self.fault("TRU-R001", node, "an alias contains itself, or aliases make the file endless.")
            return None
        if isinstance(node, MappingNode):
            return self.mapping(node, loc, above | {id(node)})
        if isinstance(node, SequenceNode):
            items = cast("list[Node]", cast(Any, node).value)
            return [self.build(item, (*loc, i), above | {id(node)}) for i, item in enumerate(items)]
        return self.scalar(cast(ScalarNode, node))

    def mapping(self, node: MappingNode, loc: Loc, above: frozenset[int]) -> dict[str, object]:
        result: dict[str, object] = {}
        for key_node, value_node in cast("list[tuple[Node, Node]]", cast(Any, node).value):
            if not isinstance(key_node, ScalarNode) or not _is_text(key_node):
                self.fault("TRU-R003", key_node, "a key must be text.", "Quote it.")
                continue
            key = str(cast(Any, key_node).value)
            if key in result:
                first = self.doc.lines[(*loc, key)]
                self.fault("TRU-R002", key_node, f"`{key}` occurs twice here, first on line {first}.", "Keep one.")
                continue
            self.doc.lines[(*loc, key)] = _line(key_node)
            if cast(Any, node).flow_style and _is_absent(value_node):
                self.doc.flow_comma.add((*loc, key))
            result[key] = self.build(value_node, (*loc, key), above)
        return result

    def scalar(self, node: ScalarNode) -> object:
        text, plain, tag = str(cast(Any, node).value), cast(Any, node).style is None, _tag(node)
        if not plain or tag == "str":
            return text
        if tag == "int" and _INT.match(text):
            return int(text)
        if tag == "null":
            return None
        if tag == "bool" and text in ("true", "false"):
            return text == "true"
        if tag == "timestamp" and _DAY.match(text):
            try:
                return date.fromisoformat(text)
            except ValueError:
                self.fault("TRU-R007", node, f"`{text}` is not a day of the calendar.")
                return None
        what = {
            "float": "an unquoted decimal",
            "int": "an unquoted number with a leading zero, sign or prefix",
            "timestamp": "a time stamp",
        }.get(tag, f"an unquoted {tag}")
        self.fault("TRU-R003", node, f"`{text}` is {what}, which YAML readers read differently.", f'Write "{text}".')
        return text


def _line(node: Node) -> int:
    return int(cast(Any, node).start_mark.line) + 1


def _tag(node: Node) -> str:
    return str(cast(Any, node).tag).removeprefix(_TAG)


def _is_text(node: ScalarNode) -> bool:
    return _tag(node) == "str" or cast(Any, node).style is not None


def _is_absent(node: Node) -> bool:
    return isinstance(node, ScalarNode) and _tag(node) == "null" and cast(Any, node).value == ""
