"""One Spark application for all tests of a process, small and quick to start; and the programs that the engines are compared on."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from trueup.engine.spark import SparkEngine
from trueup.engine.spark_session import SparkOptions
from trueup.rules.load import load_program, program_ids
from trueup.rules.program import Program

# Two threads, and a Java that spends no time on making code fast that runs once.
SETTINGS = """
# for tests
spark.master                    local[2]
spark.driver.memory             2g
spark.driver.extraJavaOptions   -XX:TieredStopAtLevel=1 -XX:ReservedCodeCacheSize=240m -XX:+UseSerialGC
"""


def lacking() -> str:
    """What Spark needs and this machine lacks; empty where it can start. Until it is asked for, nothing is started: it takes minutes."""
    if not os.environ.get("TRUEUP_SPARK"):
        return "Spark is compared by `make test-spark`"
    try:
        import pyspark  # noqa: F401
    except ImportError:
        return "the extra `spark` is not installed"
    home = os.environ.get("JAVA_HOME", "")
    return "" if shutil.which("java") or (Path(home) / "bin" / "java").is_file() else "there is no Java runtime"


@pytest.fixture(scope="session")
def can_start() -> None:
    """Where Spark cannot start, the tests of it are skipped; with TRUEUP_REQUIRE_SPARK they fail."""
    if missing := lacking():
        if os.environ.get("TRUEUP_REQUIRE_SPARK"):
            pytest.fail(missing)
        pytest.skip(missing)


@pytest.fixture(scope="session")
def options(can_start: None, tmp_path_factory: pytest.TempPathFactory) -> SparkOptions:
    """Where Spark runs in tests."""
    path = tmp_path_factory.mktemp("settings") / "spark.conf"
    path.write_text(SETTINGS, encoding="utf-8")
    return SparkOptions(conf_file=path)


@pytest.fixture
def spark(options: SparkOptions, tmp_path: Path) -> Iterator[SparkEngine]:
    engine = SparkEngine(options, tmp_path)
    yield engine
    engine.close()


@pytest.fixture(scope="session")
def loaded(programs: Path) -> dict[str, Program]:
    """Every program with its illustrative assumptions."""
    return {name: load_program(programs, name, assumptions="illustrative") for name in program_ids(programs)}
