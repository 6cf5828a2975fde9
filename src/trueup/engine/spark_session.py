# pyright: reportMissingTypeStubs=false, reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false
"""The Spark session of this process: where it runs, what it must be set to, and the folder that driver and workers share.

One process has one Spark application; every engine has a session of its own in it, so that no two see each other's tables.
"""

from __future__ import annotations

import atexit
import logging
import re
import shutil
import socket
import sys
import tempfile
import uuid
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pyarrow.parquet as pq

from trueup.engine.spark_java import end_java, java_errors, java_of, on_ctrl_c, require_java, said, stop, stop_when_java_answers
from trueup.errors import EngineError

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

log = logging.getLogger("trueup.engine")

LOCAL = "local[*]"
SCRATCH = "spark.trueup.scratch"
JAVA_OPTIONS = "spark.driver.extraJavaOptions"
_HOST = r"(\[[^\]]+\]|[^\s,:/\[\]]+):\d+"
_MASTER = re.compile(rf"local(\[(\d+|\*)(,\d+)?\])?|local-cluster\[.+\]|spark://{_HOST}(,{_HOST})*|yarn|k8s://.+")
_SETTING = re.compile(r"([^\s=:]*)\s*[=:]?\s*(.*)")  # as in Java's properties: the first space, `=` or `:` ends the key
_MASTER_SECONDS = 5  # to wait for a master before Java is started, which itself waits for more than a minute

# What the steps mean rests on these; nobody may set them otherwise.
REQUIRED = {
    "spark.sql.ansi.enabled": "true",  # an overflow or a bad cast is an error, never a null
    "spark.sql.session.timeZone": "UTC",
    "spark.sql.caseSensitive": "true",
    "spark.sql.decimalOperations.allowPrecisionLoss": "false",
    "spark.sql.parquet.datetimeRebaseModeInRead": "CORRECTED",
    "spark.sql.parquet.datetimeRebaseModeInWrite": "CORRECTED",
    "spark.sql.parquet.compression.codec": "zstd",
    "mapreduce.fileoutputcommitter.marksuccessfuljobs": "false",
}
# What a conf file may set otherwise.
USUAL = {
    "spark.sql.adaptive.enabled": "true",
    "spark.sql.adaptive.coalescePartitions.parallelismFirst": "false",  # small results are one file
    # Spark sends a table to every executor if its files are small. Those of the steps repeat much: a row takes 6 to 180 times its bytes
    # in a file, so that millions of them would pass for a small table.
    "spark.sql.sources.fileCompressionFactor": "20.0",
}
_AT_START = {"spark.app.name": "trueup", "spark.ui.enabled": "false", "spark.ui.showConsoleProgress": "false"}
_LOCAL_AT_START = {"spark.driver.memory": "3g", "spark.driver.bindAddress": "127.0.0.1", "spark.driver.host": "127.0.0.1"}


@dataclass(frozen=True)
class SparkOptions:
    """Where Spark runs: a master URL, and settings as in Spark's own `spark-defaults.conf`."""

    master: str = ""
    conf_file: Path | None = None

    def settings(self) -> dict[str, str]:
        """Everything that was set. Raises EngineError (TRU-E012) where the file cannot be read, or the master is none."""
        found = {"spark.master": LOCAL, **(read_conf(self.conf_file) if self.conf_file else {})}
        if self.master:
            found["spark.master"] = self.master
        if not _MASTER.fullmatch(found["spark.master"]):
            raise EngineError(
                "TRU-E012",
                f"{found['spark.master']} is not the URL of a Spark master.",
                next_step="--spark-master, or spark.master in the settings file, is local, local[4], local[*], spark://host:7077 "
                "(several: spark://one:7077,two:7077), yarn or k8s://https://host:443.",
            )
        return found


def read_conf(path: Path) -> dict[str, str]:
    """The settings of a file in the form of `spark-defaults.conf`: a key and a value on each line, `#` before a comment.

    Between key and value are spaces, `=` or `:`. A value ends with its line, and a backslash in it is a backslash.

    Raises EngineError (TRU-E012) where there is no such file, a line has no value, or a setting of trueup's own is unknown.
    """
    one_a_line = "Write one setting a line: key, space, value."
    if not path.is_file():
        raise EngineError("TRU-E012", f"{path} is not a file of Spark settings.", next_step=one_a_line)
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except UnicodeDecodeError as error:
        raise EngineError("TRU-E012", f"{path} is not UTF-8 text.", next_step=one_a_line) from error
    found: dict[str, str] = {}
    for number, line in enumerate(lines, 1):
        text = line.strip()
        match = _SETTING.fullmatch(text)
        if match is None or not text or text.startswith(("#", "!")):
            continue
        key, value = match.groups()
        if not (key and value):
            lacking = f"value for {key}" if key else "key"
            raise EngineError("TRU-E012", f"{path}:{number} has no {lacking}.", next_step=one_a_line)
        if key.lower().startswith("spark.trueup") and key != SCRATCH:
            raise EngineError("TRU-E012", f"{path}:{number} sets {key}, which is unknown.", next_step=f"Did you mean {SCRATCH}?")
        found[key] = value
    return found


def new_session(options: SparkOptions) -> SparkSession:
    """A session of its own in this process's Spark application, which starts with the first one.

    Raises:
        EngineError: TRU-E010 without the extra `spark`; TRU-E011 without Java or master, or where Spark does not start; TRU-E012 for
            wrong settings.
    """
    # PySpark warns of versions of a library that nothing here uses.
    warnings.filterwarnings("ignore", category=FutureWarning, module="pyspark")
    try:
        from pyspark.sql import SparkSession
    except ImportError as error:
        raise EngineError(
            "TRU-E010", f"Spark is not installed: {error}.", next_step="Install trueup with the extra `spark`, or leave --engine out."
        ) from error
    settings = options.settings()
    _require_master(settings["spark.master"])
    require_java()
    at_start = _AT_START | (_LOCAL_AT_START if settings["spark.master"].startswith("local") else {})
    builder = SparkSession.builder
    for key, value in {**at_start, **settings, JAVA_OPTIONS: _java_options(settings.get(JAVA_OPTIONS, ""))}.items():
        builder = builder.config(key, value)
    try:
        on_ctrl_c(stop_when_java_answers)
        session = builder.getOrCreate().newSession()
    except (*java_errors(), OSError, RuntimeError) as error:
        raise EngineError(
            "TRU-E011",
            f"Spark did not start: {said(error)}",
            next_step="See what Java printed above; settings come from --spark-master and --spark-conf.",
        ) from error
    finally:
        on_ctrl_c(stop)
    for key, value in {**USUAL, **{k: v for k, v in settings.items() if k in USUAL}, **REQUIRED}.items():
        session.conf.set(key, value)
    return session


def _java_options(wanted: str) -> str:
    """The options of the driver's Java, with what it prints unless they say that."""
    quiet = f"-Dlog4j2.configurationFile={(Path(__file__).parent / 'log4j2.properties').as_uri()}"
    return wanted if "log4j2.configurationFile" in wanted else f"{wanted} {quiet}".strip()


def _require_master(url: str) -> None:
    """Of masters that are named by host and port, one has to answer."""
    if not url.startswith("spark://"):
        return
    for named in url.removeprefix("spark://").split(","):
        host, _, port = named.rpartition(":")
        try:
            socket.create_connection((host.strip("[]"), int(port)), _MASTER_SECONDS).close()
            return
        except (OSError, OverflowError, UnicodeError):  # nobody there, no port, no name
            continue
    raise EngineError("TRU-E011", f"no Spark master answers at {url}.", next_step="Start one, or name another with --spark-master.")


class Scratch:
    """The folder in which an engine keeps what its steps write, until it is closed: what the setting names, else the one given.

    A path is shared by driver and workers as it is. Into a URL (`s3a://`, `hdfs://`) the driver copies what workers have to read, and
    out of it what it has to read itself.
    """

    def __init__(self, session: SparkSession, settings: Mapping[str, str], folder: Path | None) -> None:
        """Raises EngineError (TRU-E014) where nothing can be written to the folder."""
        self._session = session
        self.own = Path(tempfile.mkdtemp(prefix="trueup-spark-", dir=folder)).resolve()  # of the driver
        named = settings.get(SCRATCH, "")
        self._is_url = len(urlsplit(named).scheme) > 1 and urlsplit(named).scheme != "file"
        base = named if self._is_url else str(Path(urlsplit(named).path).resolve()) if named else str(self.own)
        self._root = f"{base.rstrip('/')}/trueup-{uuid.uuid4().hex}"
        self._number = 0
        try:
            if self._is_url:
                self._file_system(self._root).mkdirs(self._path(self._root))
            else:
                Path(self._root).mkdir(parents=True)
        except (*java_errors(), OSError) as error:
            shutil.rmtree(self.own, ignore_errors=True)
            why = error.strerror or error if isinstance(error, OSError) else said(error)
            raise EngineError(
                "TRU-E014",
                f"Spark cannot write to the scratch folder {base}: {why}.",
                next_step=f"Set {SCRATCH} to a folder that driver and workers may write, or to a URL with its connector and credentials.",
            ) from error
        atexit.register(self.close)

    def new(self, table: str) -> str:
        """Where the next version of a table goes, as Spark names it."""
        self._number += 1
        root = self._root if self._is_url else f"file://{self._root}"
        return f"{root}/{self._number:04d}-{table}"

    def own_file(self, table: str) -> Path:
        """A file of the driver's own."""
        self._number += 1
        return self.own / f"{self._number:04d}-{table}.parquet"

    def share(self, file: Path) -> str:
        """Put a file of the driver where the workers reach it. Returns where it is, as Spark names it."""
        to = self.new(file.stem)
        if self._is_url:
            self._upload(file, f"{to}/part-0.parquet")
        else:
            Path(urlsplit(to).path).mkdir()
            shutil.move(file, Path(urlsplit(to).path) / "part-0.parquet")
        return to

    def reach(self, table: str, files: Sequence[Path]) -> list[str]:
        """Files that stay as they are, as Spark names them: by their paths, or as copies where workers share no path with the driver."""
        if not self._is_url:
            return [f"file://{file}" for file in files]
        to = self.new(table)
        urls = [f"{to}/part-{number}.parquet" for number in range(len(files))]
        for file, url in zip(files, urls, strict=True):
            self._upload(file, url)
        return urls

    def _upload(self, file: Path, url: str) -> None:
        self._file_system(url).copyFromLocalFile(self._path(f"file://{file}"), self._path(url))

    def files(self, folder: str) -> list[Path]:
        """The Parquet files of a table that Spark wrote, where the driver can read them."""
        home = Path(urlsplit(folder).path)
        if self._is_url:
            home = self.own / home.name
            if not home.exists():
                self._file_system(folder).copyToLocalFile(False, self._path(folder), self._path(f"file://{home}"), True)
        return sorted(p for p in home.iterdir() if p.name.startswith("part-") and p.suffix == ".parquet")

    def size(self, folder: str) -> int:
        """Bytes of a table that Spark wrote."""
        if self._is_url:
            return int(self._file_system(folder).getContentSummary(self._path(folder)).getLength())
        return sum(p.stat().st_size for p in self.files(folder))

    def is_empty(self, folder: str) -> bool:
        """Whether a table that Spark wrote is known to have no rows: the driver looks only where it need not copy."""
        return not self._is_url and all(pq.read_metadata(p).num_rows == 0 for p in self.files(folder))

    def close(self) -> None:
        """Remove everything; what cannot be removed is logged. Can be called twice. After Ctrl-C, Java ends too: it would write on."""
        atexit.unregister(self.close)
        if self._is_url and java_of(self._session.sparkContext, "_jsc") is not None:  # Spark still runs
            try:
                self._file_system(self._root).delete(self._path(self._root), True)
            except java_errors() as error:
                log.warning("%s cannot be removed: %s", self._root, said(error))
        if isinstance(sys.exception(), KeyboardInterrupt):
            end_java(self._session)
        for folder in [self.own] if self._is_url else [self.own, self._root]:
            shutil.rmtree(folder, ignore_errors=True)

    def _path(self, name: str) -> Any:
        return java_of(self._session.sparkContext, "_jvm").org.apache.hadoop.fs.Path(name)

    def _file_system(self, name: str) -> Any:
        return self._path(name).getFileSystem(java_of(self._session.sparkContext, "_jsc").hadoopConfiguration())
