"""Every kind of program: the model of its rule file, what each stage needs to know, its rules as tables, and its prose.

A new kind is a line here, a flow in `pipeline.py`, and an act in `acts/`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date

from trueup.rules import (
    compile_maternity,
    compile_panel,
    compile_procedures,
    compile_results,
    compile_stays,
    describe_maternity,
    describe_panel,
    describe_procedures,
    describe_results,
    describe_stays,
)
from trueup.rules.program import Program
from trueup.rules.prose import Words
from trueup.rules.rule_tables import RuleTable
from trueup.rules.schema import MaternityEpisode
from trueup.rules.schema_base import RuleFile
from trueup.rules.schema_panel import PanelProgram
from trueup.rules.schema_procedures import ProcedureProgram
from trueup.rules.schema_results import EntityResults
from trueup.rules.schema_stays import InpatientStay

Compile = Callable[[Program, date, str, date | None], list[RuleTable]]


@dataclass(frozen=True)
class Kind:
    """One kind of program.

    `needs` says which rule paths a stage must know before it can run; `compile` gives the rule tables of the kind beside the shared ones,
    `run_params` among them; `describe` says its part of the page that people sign; `code_paths` names the rule paths that hold code lists,
    with the role their codes have for the steps.
    """

    model: type[RuleFile]
    needs: Mapping[str, tuple[str, ...]]
    compile: Compile
    describe: Callable[[Words], list[tuple[str, list[str]]]]
    code_paths: Callable[[Program], dict[str, str]] = field(default=lambda _: {})


KINDS: dict[str, Kind] = {
    "maternity_episode": Kind(
        MaternityEpisode,
        compile_maternity.NEEDS,
        compile_maternity.compile_tables,
        describe_maternity.sections,
        compile_maternity.code_paths,
    ),
    "procedure_episode": Kind(
        ProcedureProgram,
        compile_procedures.NEEDS,
        compile_procedures.compile_tables,
        describe_procedures.sections,
        compile_procedures.code_paths,
    ),
    "panel": Kind(PanelProgram, compile_panel.NEEDS, compile_panel.compile_tables, describe_panel.sections, compile_panel.code_paths),
    "inpatient_stay": Kind(
        InpatientStay, compile_stays.NEEDS, compile_stays.compile_tables, describe_stays.sections, compile_stays.code_paths
    ),
    "entity_results": Kind(
        EntityResults, compile_results.NEEDS, compile_results.compile_tables, describe_results.sections, compile_results.code_paths
    ),
}
