"""`--engine spark` reaches whoever computes, by option and by environment, and says what is missing."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from flow.harness import trueup

from trueup import __version__, runs
from trueup.engine import EngineOptions, choose, chosen
from trueup.workspace import Workspace

PROGRAM = "mssp"
WORDS = ("run", PROGRAM, "--assume", "illustrative", "--as-of", "2024-12-31")


@pytest.fixture
def ws(tmp_path: Path) -> Path:
    return Workspace.create(tmp_path / "ws", "test").path


@pytest.fixture
def seen(monkeypatch: pytest.MonkeyPatch) -> list[EngineOptions]:
    """What was chosen each time that a run asked; the embedded engine computes."""
    found: list[EngineOptions] = []

    def asked(folder: Path) -> None:
        assert folder.is_dir()
        found.append(choose._chosen.get())

    monkeypatch.setattr(runs, "chosen_engine", asked)
    return found


def test_the_options_reach_the_run(ws: Path, seen: list[EngineOptions]) -> None:
    trueup(*WORDS, "-w", ws, "--engine", "spark", "--spark-master", "spark://head:7077", "--spark-conf", "a.conf")
    trueup(*WORDS, "-w", ws)
    assert seen == [EngineOptions("spark", "spark://head:7077", Path("a.conf")), EngineOptions()]


def test_the_environment_chooses_too(ws: Path, seen: list[EngineOptions], monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in (("TRUEUP_ENGINE", "spark"), ("TRUEUP_SPARK_MASTER", "local[1]"), ("TRUEUP_SPARK_CONF", "b.conf")):
        monkeypatch.setenv(name, value)
    trueup(*WORDS, "-w", ws)
    assert seen == [EngineOptions("spark", "local[1]", Path("b.conf"))]


@pytest.mark.parametrize(
    "words",
    [
        ("price", "co-maternity", "--period", "PY1", "--as-of", "2024-12-31"),
        ("settle", PROGRAM, "--as-of", "2024-12-31"),
        ("pay", "ct-husky-maternity", "--month", "2025-03", "--prices", "none"),
        ("roster", "ct-husky-maternity", "--period", "PY2025", "--as-of", "2024-12-31"),
        ("risk", "ct-husky-maternity", "--as-of", "2024-12-31"),
    ],
    ids=lambda words: words[0],
)
def test_every_command_that_computes_takes_it(
    ws: Path, seen: list[EngineOptions], monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...]
) -> None:
    monkeypatch.setattr("trueup.commands.payments.final_sets", lambda *_: [])
    trueup(*words, "--assume", "illustrative", "-w", ws, "--engine", "spark")
    assert seen == [EngineOptions("spark")]


@pytest.mark.parametrize(("option", "value"), [("--spark-master", "spark://head:7077"), ("--spark-conf", "nope.conf")])
def test_an_option_of_spark_is_not_passed_over(ws: Path, seen: list[EngineOptions], option: str, value: str) -> None:
    done = trueup(*WORDS, "-w", ws, option, value)
    assert (done.code, seen) == (2, [])
    assert f"TRU-U072 {option} is for Spark, and duckdb computes. Add --engine spark, or leave {option} out." in done.text


def test_the_environment_may_say_where_spark_runs_while_duckdb_computes(
    ws: Path, seen: list[EngineOptions], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TRUEUP_SPARK_MASTER", "spark://head:7077")
    monkeypatch.setenv("TRUEUP_SPARK_CONF", "./b.conf")
    trueup(*WORDS, "-w", ws)
    assert [options.name for options in seen] == ["duckdb"]
    assert trueup(*WORDS, "-w", ws, "--spark-master", "spark://other:7077").code == 2


def test_an_unknown_engine_is_a_wrong_command(ws: Path, seen: list[EngineOptions]) -> None:
    assert trueup(*WORDS, "-w", ws, "--engine", "hadoop").code == 2
    assert seen == []


def test_without_spark_nothing_is_written(ws: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [m for m in sys.modules if m == "pyspark" or m.startswith("pyspark.")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "pyspark", None)
    done = trueup(*WORDS, "-w", ws, "--engine", "spark")
    assert (done.code, "TRU-E010" in done.text, "extra `spark`" in done.text) == (1, True, True)
    assert list((ws / "runs").rglob("*")) == []


def test_the_package_runs_as_a_module() -> None:
    done = subprocess.run([sys.executable, "-m", "trueup", "--version"], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout.strip()) == (0, __version__)


def test_a_choice_ends_with_its_block(tmp_path: Path) -> None:
    with chosen(EngineOptions("spark")):
        assert choose._chosen.get().name == "spark"
    assert choose.chosen_engine(tmp_path) is None
