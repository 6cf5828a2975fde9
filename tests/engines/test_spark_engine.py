"""The Spark engine keeps the promises of `Engine`: what is given stands, views follow what they read, errors say where and what next."""

from __future__ import annotations

import os
import random
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from engines.both import compared

from trueup.engine import DuckEngine, Engine, EngineOptions, Step, TableFile, chosen, chosen_engine
from trueup.engine.spark import PLAN_ROWS, SparkEngine
from trueup.engine.spark_java import java_of
from trueup.engine.spark_session import REQUIRED, SCRATCH, Scratch, SparkOptions, new_session, read_conf
from trueup.errors import EngineError
from trueup.workspace import Workspace

pytestmark = pytest.mark.xdist_group("spark")

NUMBERS = {"n": "INTEGER"}


def step(writes: str, sql: str, *reads: str, is_table: bool = True) -> Step:
    return Step(Path(f"stage/sql/10_{writes}.sql"), sql, reads, writes, "one row", ("n",), is_table)


DOUBLED = step("doubled", "SELECT n * 2 AS n FROM numbers", "numbers")


def test_what_is_given_stands(spark: SparkEngine) -> None:
    spark.register_rows("numbers", [{"n": 1}], NUMBERS)
    spark.run(DOUBLED)
    assert spark.rows("doubled") == [{"n": 2}]
    spark.give("doubled", [{"n": 7}], NUMBERS)
    spark.run(DOUBLED)
    spark.register_rows("doubled", [{"n": 8}], NUMBERS)
    assert spark.rows("doubled") == [{"n": 7}]
    assert (spark.is_given("doubled"), spark.is_given("numbers")) == (True, False)
    spark.give("numbers", [{"n": 1}], NUMBERS)
    spark.register_rows("numbers", [], NUMBERS)
    assert spark.count("numbers") == 1
    assert spark.computed == {DOUBLED.name}


def test_a_table_keeps_what_it_read_and_a_view_follows(spark: SparkEngine) -> None:
    spark.register_rows("numbers", [{"n": 1}], NUMBERS)
    spark.run(DOUBLED)
    spark.run(step("tripled", "SELECT n * 3 AS n FROM numbers", "numbers", is_table=False))
    spark.run(step("beyond", "SELECT n + 1 AS n FROM tripled", "tripled", is_table=False))
    assert [spark.rows(t) for t in ("doubled", "tripled", "beyond")] == [[{"n": 2}], [{"n": 3}], [{"n": 4}]]
    spark.register_rows("numbers", [{"n": 10}, {"n": 20}], NUMBERS)
    assert spark.rows("doubled") == [{"n": 2}]
    assert spark.rows("beyond") == [{"n": 31}, {"n": 61}]
    assert spark.rows("tripled") == [{"n": 30}, {"n": 60}]
    assert spark.count("beyond") == 2


def test_rows_come_in_one_order(spark: SparkEngine) -> None:
    rows = [{"n": n, "s": s} for n, s in ((2, "b"), (1, None), (2, "a"), (None, "z"), (1, "c"))]
    spark.register_rows("words", rows, {"n": "INTEGER", "s": "VARCHAR"})
    spark.run(step("copied", "SELECT n, s FROM words", "words"))
    assert [tuple(r.values()) for r in spark.rows("copied", order_by=("n",))] == [(1, "c"), (1, None), (2, "a"), (2, "b"), (None, "z")]
    assert [tuple(r.values()) for r in spark.rows("copied", order_by=("s",))] == [(2, "a"), (2, "b"), (1, "c"), (None, "z"), (1, None)]


def test_values_and_types_go_in_and_out_unchanged(spark: SparkEngine, tmp_path: Path) -> None:
    columns = {"t": "VARCHAR", "i": "INTEGER", "b": "BIGINT", "d": "DATE", "x": "DECIMAL(9,6)", "f": "BOOLEAN"}
    row = {"t": "Zoë", "i": 1, "b": 2**60, "d": date(2024, 2, 29), "x": Decimal("1.000001"), "f": True}
    spark.register_rows("facts", [row, {}], columns)
    spark.run(step("kept", "SELECT * FROM facts", "facts"))
    assert spark.columns("facts") == spark.columns("kept") == columns
    assert spark.rows("kept") == [row, dict.fromkeys(columns)]
    assert spark.scalar("kept", "COUNT(CASE WHEN f THEN 1 END)") == 1
    assert spark.write_files([TableFile("kept", tmp_path / "kept.parquet", {"run": "VARCHAR", **columns}, ("t",), {"run": "R1"})]) == [2]
    written = pq.read_table(tmp_path / "kept.parquet")
    assert written.to_pylist() == [{"run": "R1", **dict.fromkeys(columns)}, {"run": "R1", **row}]
    with_duck = DuckEngine()
    with_duck.register_rows("kept", [row, {}], columns)
    with_duck.write_files([TableFile("kept", tmp_path / "other.parquet", {"run": "VARCHAR", **columns}, ("t",), {"run": "R1"})])
    assert (tmp_path / "kept.parquet").read_bytes() == (tmp_path / "other.parquet").read_bytes()


def test_more_rows_than_a_plan_holds(spark: SparkEngine) -> None:
    spark.register_rows("numbers", [{"n": n} for n in range(PLAN_ROWS + 1)], NUMBERS)
    spark.run(step("total", "SELECT COUNT(*) AS c, CAST(SUM(n) AS BIGINT) AS s FROM numbers", "numbers"))
    assert spark.rows("total") == [{"c": PLAN_ROWS + 1, "s": PLAN_ROWS * (PLAN_ROWS + 1) // 2}]


def test_files_are_cast_to_the_contract_and_none_is_missed(spark: SparkEngine, tmp_path: Path) -> None:
    pq.write_table(pa.table({"n": pa.array([1, 2], pa.int64()), "s": ["x", None]}), tmp_path / "a.parquet")
    pq.write_table(pa.table({"s": pa.array(["y"]).dictionary_encode(), "n": pa.array([3], pa.int32())}), tmp_path / "b.parquet")
    files = [tmp_path / "a.parquet", tmp_path / "b.parquet"]
    spark.register_parquet("facts", files, {"n": "INTEGER", "s": "VARCHAR"})
    spark.run(step("kept", "SELECT n, s FROM facts", "facts"))
    assert spark.columns("kept") == {"n": "INTEGER", "s": "VARCHAR"}
    assert spark.rows("kept", order_by=("n",)) == [{"n": 1, "s": "x"}, {"n": 2, "s": None}, {"n": 3, "s": "y"}]
    spark.register_parquet("none", [], {"n": "INTEGER"})
    assert (spark.count("none"), spark.columns("none")) == (0, {"n": "INTEGER"})
    with pytest.raises(EngineError, match=r"TRU-E002 facts .*absent"):
        spark.register_parquet("facts", files, {"absent": "VARCHAR"})
    pq.write_table(pa.table({"n": [1.5]}), tmp_path / "c.parquet")
    with pytest.raises(EngineError, match=r"TRU-E013 c\.parquet has column n of type double"):
        spark.register_parquet("facts", [tmp_path / "c.parquet"], {"n": "INTEGER"})


def test_what_goes_wrong_names_the_step(spark: SparkEngine) -> None:
    spark.register_rows("numbers", [{"n": 2**31 - 1}], NUMBERS)
    with pytest.raises(EngineError, match=r"TRU-E002 stage/sql/10_doubled\.sql step failed on Spark: .*overflow"):
        spark.run(DOUBLED)
    with pytest.raises(EngineError, match=r"TRU-E002 stage/sql/10_lost\.sql step failed on Spark: .*absent"):
        spark.run(step("lost", "SELECT n FROM absent", "absent"))


def test_sparks_own_pages_name_the_table(spark: SparkEngine) -> None:
    def jobs() -> dict[int, str]:
        found = java_of(java_of(spark, "_session").sparkContext, "_jsc").sc().statusStore().jobsList(None)
        return {job.jobId(): job.description().toString() for job in (found.apply(n) for n in range(found.size()))}

    spark.register_rows("numbers", [{"n": 1}], NUMBERS)
    before = set(jobs())
    spark.run(DOUBLED)
    assert {said for job, said in jobs().items() if job not in before} == {"Some(doubled)"}


def test_nothing_is_left_behind(options: SparkOptions, tmp_path: Path) -> None:
    engine = SparkEngine(options, tmp_path)
    engine.register_rows("numbers", [{"n": 1}], NUMBERS)
    engine.run(DOUBLED)
    assert list(tmp_path.rglob("*-doubled"))
    engine.close()
    assert list(tmp_path.iterdir()) == []


def test_engines_do_not_see_each_other(spark: SparkEngine, options: SparkOptions, tmp_path: Path) -> None:
    spark.register_rows("numbers", [{"n": 1}], NUMBERS)
    other = SparkEngine(options, tmp_path)
    assert not other.has("numbers")
    with pytest.raises(EngineError, match="TRU-E002"):
        other.run(DOUBLED)
    other.close()
    assert spark.count("numbers") == 1


def test_steps_mean_what_they_mean_whatever_the_settings_say(options: SparkOptions, tmp_path: Path) -> None:
    assert options.conf_file is not None
    path = tmp_path / "other.conf"
    path.write_text(options.conf_file.read_text() + "spark.sql.ansi.enabled false\nspark.sql.session.timeZone Asia/Tokyo\n")
    session = new_session(SparkOptions(conf_file=path))
    assert {key: session.conf.get(key) for key in REQUIRED} == REQUIRED


def test_a_scratch_folder_may_be_a_url(options: SparkOptions, tmp_path: Path) -> None:
    """A file system of another scheme stands in for storage: the driver copies into it what workers read, and from it what it reads."""
    assert options.conf_file is not None
    shared = tmp_path / "storage"
    shared.mkdir()
    path = tmp_path / "url.conf"
    path.write_text(options.conf_file.read_text() + f"{SCRATCH} viewfs://store/shared\n")
    session = new_session(options)
    hadoop = getattr(session.sparkContext, "_jsc").hadoopConfiguration()  # noqa: B009
    hadoop.set("fs.viewfs.mounttable.store.link./shared", shared.as_uri())
    engine = SparkEngine(SparkOptions(conf_file=path), tmp_path)
    engine.register_rows("numbers", [{"n": n} for n in range(PLAN_ROWS + 1)], NUMBERS)
    engine.run(DOUBLED)
    engine.run(step("none", "SELECT n FROM doubled WHERE n < 0", "doubled"))
    engine.run(step("few", "SELECT n FROM doubled WHERE n < 5", "doubled"))
    assert [p.name for p in shared.rglob("*-doubled")] == ["0003-doubled"]
    assert (engine.rows("few"), engine.count("doubled"), engine.rows("none")) == ([{"n": 0}, {"n": 2}, {"n": 4}], PLAN_ROWS + 1, [])
    batches = [tmp_path / "a.parquet", tmp_path / "b.parquet"]
    for number, file in enumerate(batches):
        pq.write_table(pa.table({"n": pa.array([number], pa.int32())}), file)
    engine.register_parquet("lines", batches, NUMBERS)
    engine.run(step("counted", "SELECT SUM(n) AS n FROM lines", "lines"))
    assert len(list(shared.rglob("*-lines/part-*.parquet"))) == len(batches)
    assert engine.scalar("counted", "MAX(n)") == 1
    assert all(file.is_file() for file in batches)
    engine.close()
    assert list(shared.iterdir()) == []


def test_the_scratch_folder_is_the_named_one(options: SparkOptions, tmp_path: Path) -> None:
    named = tmp_path / "named"
    scratch = Scratch(new_session(options), {SCRATCH: f"file://{named}"}, tmp_path)
    assert scratch.new("t").startswith(f"file://{named}/trueup-")
    scratch.close()
    assert list(named.iterdir()) == []


# --- where it cannot start ------------------------------------------------------------------------------------------------------------


def test_settings_are_read_as_spark_reads_them(tmp_path: Path) -> None:
    path = tmp_path / "spark.conf"
    path.write_text("# cluster\n\nspark.master  spark://host:7077\nspark.executor.memory=4g\nspark.x\ta b\n")
    assert read_conf(path) == {"spark.master": "spark://host:7077", "spark.executor.memory": "4g", "spark.x": "a b"}
    assert SparkOptions(conf_file=path).settings()["spark.master"] == "spark://host:7077"
    assert SparkOptions("local[1]", path).settings()["spark.master"] == "local[1]"
    assert SparkOptions().settings() == {"spark.master": "local[*]"}
    path.write_text("a = 1\nb: 2\nc:3\nd \t= 4\ne spark://host:7077\nf = -Dx=y -Dz:1\n! no setting\n", encoding="utf-8-sig")
    assert read_conf(path) == {"a": "1", "b": "2", "c": "3", "d": "4", "e": "spark://host:7077", "f": "-Dx=y -Dz:1"}
    for text in ("spark.master\n", "spark.master =\n", "spark.master:\n"):
        path.write_text(text)
        with pytest.raises(EngineError, match=r"TRU-E012 .*spark\.conf:1 has no value for spark\.master\. Write"):
            read_conf(path)
    path.write_text("\n= 2g\n")
    with pytest.raises(EngineError, match=r"TRU-E012 .*spark\.conf:2 has no key\. Write"):
        read_conf(path)
    path.write_bytes(b"spark.app.name Zo\xeb\n")
    with pytest.raises(EngineError, match=r"TRU-E012 .*spark\.conf is not UTF-8 text"):
        read_conf(path)
    with pytest.raises(EngineError, match=r"TRU-E012 .* is not a file of Spark settings"):
        read_conf(tmp_path / "absent")


@pytest.mark.parametrize("key", ["spark.trueup.scrach", "spark.trueup.Scratch", "spark.trueupscratch", "Spark.Trueup.scratch"])
def test_a_misspelled_setting_of_our_own_is_refused(key: str, tmp_path: Path) -> None:
    path = tmp_path / "spark.conf"
    path.write_text(f"# where member data may stand\n{key} /safe\n")
    with pytest.raises(
        EngineError, match=rf"TRU-E012 .*spark\.conf:2 sets {key}, which is unknown\. Did you mean spark\.trueup\.scratch\?"
    ):
        read_conf(path)


MASTERS = (
    "local", "local[*]", "local[4]", "local[2,3]", "local-cluster[2,1,1024]", "spark://head:7077", "spark://a:1,b.c:2", "spark://[::1]:7077",
    "yarn", "k8s://https://host:443",
)  # fmt: skip


@pytest.mark.parametrize("url", MASTERS)
def test_a_master_has_one_of_sparks_forms(url: str) -> None:
    assert SparkOptions(url).settings() == {"spark.master": url}


@pytest.mark.parametrize(
    "url", ["nonsense", "local[]", "local[x]", "spark://head", "spark://", "spark://a:1,b", "spark:a:1", "sc://head:15002"]
)
def test_another_master_is_refused(url: str, tmp_path: Path) -> None:
    path = tmp_path / "spark.conf"
    path.write_text(f"spark.master {url}\n")
    for options in (SparkOptions(url), SparkOptions(conf_file=path)):
        with pytest.raises(
            EngineError, match=r"TRU-E012 .* is not the URL of a Spark master\. --spark-master, .* spark://host:7077 .*yarn"
        ):
            options.settings()


@pytest.fixture
def no_java(can_start: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever comes as far as to ask for Java finds none."""
    monkeypatch.setattr(shutil, "which", lambda _: None)
    monkeypatch.delenv("JAVA_HOME", raising=False)


def test_a_master_that_does_not_answer_is_named_before_java_starts(no_java: None) -> None:
    with socket.socket() as bound, socket.create_server(("127.0.0.1", 0)) as server:
        bound.bind(("127.0.0.1", 0))  # and does not listen
        nobody, somebody = f"127.0.0.1:{bound.getsockname()[1]}", f"127.0.0.1:{server.getsockname()[1]}"
        for url in (f"spark://{nobody}", f"spark://{nobody},no.such.host.invalid:7077,127.0.0.1:99999"):
            with pytest.raises(EngineError, match=r"TRU-E011 no Spark master answers at spark://.*--spark-master"):
                new_session(SparkOptions(url))
        with pytest.raises(EngineError, match="TRU-E011 Spark needs Java"):
            new_session(SparkOptions(f"spark://{nobody},{somebody}"))


def test_what_java_says_when_it_starts_is_told(options: SparkOptions, monkeypatch: pytest.MonkeyPatch) -> None:
    from py4j.protocol import Py4JError
    from pyspark.sql import SparkSession

    def stopped(_: object) -> None:
        raise Py4JError("Cannot call methods on a stopped SparkContext.\nThis was created at")

    monkeypatch.setattr(SparkSession.Builder, "getOrCreate", stopped)
    with pytest.raises(
        EngineError, match=r"TRU-E011 Spark did not start: Cannot call .* SparkContext\. See what Java printed above; .* --spark-master and"
    ):
        new_session(options)


def test_a_scratch_folder_that_cannot_be_written_is_named(options: SparkOptions, tmp_path: Path) -> None:
    assert options.conf_file is not None
    path = tmp_path / "other.conf"
    for named, why in (("s3a://bucket/scratch", "S3AFileSystem not found"), ("/proc/nix", "No such file or directory")):
        path.write_text(options.conf_file.read_text() + f"{SCRATCH} {named}\n")
        with pytest.raises(
            EngineError, match=rf"TRU-E014 Spark cannot write to the scratch folder {named}: .*{why}\. Set spark\.trueup\.scr"
        ):
            SparkEngine(SparkOptions(conf_file=path), tmp_path)
        assert list(tmp_path.iterdir()) == [path]


def test_closing_does_not_hide_what_went_wrong(
    options: SparkOptions, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    from py4j.protocol import Py4JError

    def refuses(*_: object) -> None:
        raise Py4JError("the store is away")

    scratch = Scratch(new_session(options), {SCRATCH: str(tmp_path)}, tmp_path)
    monkeypatch.setattr(scratch, "_is_url", True)
    monkeypatch.setattr(scratch, "_file_system", refuses)
    scratch.close()
    monkeypatch.undo()
    scratch.close()
    assert "cannot be removed: the store is away" in caplog.text
    engine = SparkEngine(options, tmp_path)
    engine.register_rows("numbers", [{"n": 1}], NUMBERS)
    monkeypatch.setattr("pyspark.sql.catalog.Catalog.dropTempView", refuses)
    engine.close()
    assert list(tmp_path.iterdir()) == []


STOPPED = """
import sys
from pathlib import Path
from trueup import cli, runs
from trueup.engine import EngineOptions, Step, chosen
from trueup.workspace import Workspace

def work(*_, **__):
    with chosen(EngineOptions("spark", "", Path(sys.argv[2]))), runs.engine_of(Workspace.open(Path(sys.argv[1]))) as engine:
        engine.register_rows("numbers", [{"n": n} for n in range(1000)], {"n": "INTEGER"})
        sql = "SELECT SUM((a.n + b.n + c.n + d.n) % 7) AS n FROM numbers a CROSS JOIN numbers b CROSS JOIN numbers c CROSS JOIN numbers d"
        engine.run(Step(Path("stage/sql/10_slow.sql"), sql, ("numbers",), "slow", "one row", ("n",), True))

cli.app = work
cli.main()
"""


def test_ctrl_c_ends_quietly_and_leaves_nothing(options: SparkOptions, tmp_path: Path) -> None:
    ws = Workspace.create(tmp_path / "ws", "test").path
    before = {path.name for path in ws.iterdir()}
    words = [sys.executable, "-c", STOPPED, str(ws), str(options.conf_file)]
    process = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True)
    until = time.monotonic() + 180
    while not list(ws.glob(".run-*/*/*/*-slow")) and time.monotonic() < until and process.poll() is None:
        time.sleep(0.1)
    os.killpg(process.pid, signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert (process.returncode, out) == (130, "")
    assert [line for line in err.splitlines() if not line.startswith(("WARNING", "Setting default", "To adjust"))] == [
        "Stopped. Nothing half-written is left; run the command again."
    ]
    assert {path.name for path in ws.iterdir()} == before


def test_without_the_extra_the_error_says_so(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in [m for m in sys.modules if m == "pyspark" or m.startswith("pyspark.")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "pyspark", None)
    with chosen(EngineOptions("spark")), pytest.raises(EngineError, match=r"TRU-E010 Spark is not installed.*extra `spark`"):
        chosen_engine(tmp_path)


def test_without_java_the_error_says_so(no_java: None, options: SparkOptions) -> None:
    with pytest.raises(EngineError, match=r"TRU-E011 Spark needs Java 17 or newer, and there is none\. Install"):
        new_session(options)


def test_java_is_looked_for_where_spark_takes_it(options: SparkOptions, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JAVA_HOME", str(tmp_path))
    with pytest.raises(EngineError, match=rf"TRU-E011 Spark takes Java from JAVA_HOME, and {tmp_path} has no bin/java\. Set JAVA_HOME"):
        new_session(options)
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "java").touch(0o755)
    assert new_session(options).version


def test_the_embedded_engine_is_chosen_unless_another_is(tmp_path: Path) -> None:
    assert chosen_engine(tmp_path) is None
    with chosen(EngineOptions("duckdb", "spark://unused:7077")):
        assert chosen_engine(tmp_path) is None


def test_the_environment_bounds_what_the_driver_takes(options: SparkOptions, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("TRUEUP_MEMORY_LIMIT", "300MiB")
    with chosen(EngineOptions("spark", "", options.conf_file)):
        engine = chosen_engine(tmp_path)
    assert isinstance(engine, SparkEngine)
    engine.register_rows("one", [{"n": 1}], NUMBERS)
    assert engine.scalar("one", "MAX(current_setting('memory_limit'))") == "300.0 MiB"
    engine.close()


def test_a_step_of_rows_that_stand_is_passed_over(spark: SparkEngine) -> None:
    spark.register_rows("numbers", [{"n": 1}], NUMBERS)
    spark.run(replace(DOUBLED, is_table=False))
    spark.run(DOUBLED)
    assert spark.rows("doubled") == [{"n": 2}]
    spark.register_rows("numbers", [{"n": 5}], NUMBERS)
    assert spark.rows("doubled") == [{"n": 2}]


def test_many_rows_in_a_small_file_are_not_sent_to_every_executor(spark: SparkEngine, tmp_path: Path) -> None:
    """Two million rows of two bytes each are tens of megabytes in memory, though 4 MB on disk; Spark sends up to 10 MB."""
    luck = random.Random(1)
    values = luck.choices(range(2**15), k=2_000_000)
    pq.write_table(pa.table({"n": pa.array(values, pa.int32())}), tmp_path / "many.parquet")
    pq.write_table(pa.table({"n": pa.array(values[:1_000], pa.int32())}), tmp_path / "few.parquet")
    assert 3_000_000 < (tmp_path / "many.parquet").stat().st_size < 10 << 20
    for name in ("many", "few"):
        spark.register_parquet(name, [tmp_path / f"{name}.parquet"], NUMBERS)

    def joined_with(name: str) -> str:
        frame = java_of(spark, "_session").sql(f"SELECT a.n FROM many AS a JOIN {name} AS b ON b.n = a.n")
        return java_of(frame, "_jdf").queryExecution().sparkPlan().toString()

    assert ("SortMergeJoin" in joined_with("many"), "Broadcast" in joined_with("many")) == (True, False)
    assert "BroadcastHashJoin" in joined_with("few")


# --- the comparison ---------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("theirs", "columns", "said"),
    [
        ([{"n": 1}, {"n": 2}], NUMBERS, []),
        ([{"n": 1}, {"n": 1}, {"n": 2}], NUMBERS, ["doubled has other rows: 2 and 3", "numbers has other rows: 2 and 3"]),
        ([{"n": 1}, {"n": 3}], NUMBERS, ["doubled has other rows: 2 and 2", "numbers has other rows: 2 and 2"]),
        ([{"n": 1}, {"n": 2}], {"n": "BIGINT"}, ["doubled has other columns or types", "numbers has other columns or types"]),
    ],
    ids=["equal", "a row twice", "another value", "another type"],
)
def test_a_difference_is_seen(
    theirs: list[dict[str, int]], columns: dict[str, str], said: list[str], options: SparkOptions, tmp_path: Path
) -> None:
    def work(name: str, make: Callable[[], Engine]) -> None:
        engine = make()
        engine.register_rows("numbers", *((theirs, columns) if name == "spark" else ([{"n": 1}, {"n": 2}], NUMBERS)))
        engine.run(DOUBLED)

    found = compared(work, options, tmp_path)
    assert (found.tables, found.rows, found.steps) == (2, 4, {DOUBLED.path})
    assert [text[: len(start)] for text, start in zip(found.differences, said, strict=True)] == said
