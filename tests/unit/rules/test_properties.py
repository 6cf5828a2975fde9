"""Properties of the loader: what does not matter to the hash, what does, and that no damaged key passes."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from ruamel.yaml import YAML
from ruamel.yaml.scalarstring import DoubleQuotedScalarString

from trueup.errors import RuleErrors
from trueup.rules.load import load_program
from trueup.rules.reader import parse_yaml

Build = Callable[..., Path]
shared_folder = settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])


def _shuffled(data: Any, random: Random) -> Any:
    if isinstance(data, dict):
        return {key: _shuffled(data[key], random) for key in random.sample(list(data), len(data))}
    if isinstance(data, list):
        return [_shuffled(item, random) for item in data]
    return DoubleQuotedScalarString(data) if isinstance(data, str) else data


@settings(shared_folder, max_examples=12)
@given(random=st.randoms(use_true_random=False))
def test_the_hash_does_not_depend_on_the_order_of_keys_or_on_comments_and_quotes(build: Build, random: Random) -> None:
    folder = build()
    file = folder / "sample" / "2026.yaml"
    before = load_program(folder, "sample", assumptions="trial")
    tree = parse_yaml(file.read_text(encoding="utf-8"), "sample").data
    text = io.StringIO()
    YAML().dump(_shuffled(tree, random), text)
    file.write_text("# another comment\n" + text.getvalue(), encoding="utf-8")
    after = load_program(folder, "sample", assumptions="trial")
    assert after.rules_hash == before.rules_hash
    assert after.assumptions_hash == before.assumptions_hash
    assert dict(after.params) == dict(before.params)


@pytest.mark.parametrize(
    "change",
    [("merge_days: 3", "merge_days: 4"), ("cite: A Volume", "cite: A Volumes"), ("{id: died,", "{id: death,"), ("2025-10", '"2025-11"')],
)
def test_the_hash_depends_on_every_value_and_cite(build: Build, change: tuple[str, str]) -> None:
    assert load_program(build(), "sample").rules_hash != load_program(build(change), "sample").rules_hash


def test_the_hash_covers_the_value_sets_used_and_not_the_order_of_their_rows(build: Build) -> None:
    plain = load_program(build(), "sample", assumptions="trial")
    weeks = ["Z3A39,icd-10-cm,,,39,B,", "Z3A40,icd-10-cm,,,40,B,"]
    assert load_program(build(sets={"weeks": weeks[::-1]}), "sample").rules_hash == plain.rules_hash
    assert load_program(build(sets={"weeks": weeks[:1]}), "sample").rules_hash != plain.rules_hash
    assert load_program(build(sets={"unused": weeks}), "sample").rules_hash == plain.rules_hash
    folder = build(sets={"weeks": weeks})
    sample = folder / "sample" / "assumptions" / "value_sets" / "sample_services.csv"
    sample.write_text(sample.read_text(encoding="utf-8").replace("T1033", "T1032"), encoding="utf-8")
    other = load_program(folder, "sample", assumptions="trial")
    assert other.rules_hash == plain.rules_hash
    assert other.assumptions_hash != plain.assumptions_hash


@shared_folder
@given(data=st.data())
def test_a_damaged_key_is_always_an_error_with_a_line(build: Build, data: st.DataObject) -> None:
    folder = build()
    file = folder / "sample" / "2026.yaml"
    text = file.read_text(encoding="utf-8")
    keys = {
        loc: line for loc, line in parse_yaml(text, "sample").lines.items() if loc and isinstance(loc[-1], str) and loc[:-1] != ("sources",)
    }
    loc = data.draw(st.sampled_from(sorted(keys, key=str)))
    damage = data.draw(st.sampled_from(["x", "_", "s"]))
    lines = text.splitlines()
    at = keys[loc] - 1
    lines[at] = re.sub(rf"(?<![\w]){loc[-1]}:", f"{loc[-1]}{damage}:", lines[at], count=1)
    file.write_text("\n".join(lines), encoding="utf-8")
    with pytest.raises(RuleErrors) as caught:
        load_program(folder, "sample")
    places = [error.place for error in caught.value.errors]
    assert all(place is not None and place.line is not None for place in places)
    assert keys[loc] in [place.line for place in places if place]


@shared_folder
@given(content=st.binary(max_size=200))
def test_no_content_of_a_rule_file_makes_anything_but_rule_errors(build: Build, content: bytes) -> None:
    folder = build()
    (folder / "sample" / "2026.yaml").write_bytes(content)
    with pytest.raises(RuleErrors):
        load_program(folder, "sample")


@given(st.text(max_size=120))
def test_reading_text_never_raises(text: str) -> None:
    doc = parse_yaml(text, "text")
    assert doc.errors or doc.lines
