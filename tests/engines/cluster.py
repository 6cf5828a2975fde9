"""A standalone Spark cluster on this machine: a master and two workers of one core each, any of which can be killed."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

HOST = "127.0.0.1"


@dataclass
class Cluster:
    """The processes of a cluster, and its address."""

    folder: Path
    port: int
    processes: list[subprocess.Popen[bytes]] = field(default_factory=list[subprocess.Popen[bytes]])

    @property
    def url(self) -> str:
        return f"spark://{HOST}:{self.port}"

    @property
    def scratch(self) -> Path:
        """Where engines leave their tables, for the settings of whoever uses the cluster."""
        return self.folder / "scratch"

    def start(self, role: str, *words: str) -> None:
        """Start a part of the cluster in a process group of its own."""
        import pyspark

        home = Path(pyspark.__file__).parent
        log = (self.folder / f"{role}-{len(self.processes)}.log").open("wb")
        environment = {**os.environ, "SPARK_HOME": str(home), "SPARK_LOCAL_IP": HOST, "PYSPARK_PYTHON": sys.executable}
        command = [str(home / "bin" / "spark-class"), f"org.apache.spark.deploy.{role.lower()}.{role}", "--host", HOST, "--webui-port", "0"]
        self.processes.append(subprocess.Popen([*command, *words], env=environment, stdout=log, stderr=log, start_new_session=True))

    def kill_worker(self) -> None:
        """Kill the last worker and its executors, as a machine that fails would."""
        os.killpg(self.processes.pop().pid, signal.SIGKILL)

    def kill_executor(self, number: int) -> bool:
        """Kill one executor of a worker; the worker lives and starts another. False where it has none at the moment."""
        workers = self.processes[1:]
        group = workers[number % len(workers)].pid
        for entry in Path("/proc").iterdir():
            if entry.name.isdigit() and _is_executor_of(entry, group):
                os.kill(int(entry.name), signal.SIGKILL)
                return True
        return False

    def lose_tasks(self, number: int) -> bool:
        """Kill an executor while something is computed. True where it cost tasks, which Spark has to repeat."""
        tracker = _context().statusTracker()
        stages = tracker.getActiveStageIds()
        if not stages or not self.kill_executor(number):
            return False
        until = time.monotonic() + 5
        while time.monotonic() < until:
            found = [tracker.getStageInfo(stage) for stage in stages]
            if any(stage is not None and stage.numFailedTasks for stage in found):
                return True
            time.sleep(0.1)
        return False


def _context() -> Any:
    from pyspark import SparkContext

    return getattr(SparkContext, "_active_spark_context")  # noqa: B009


def stop_spark() -> None:
    """End the Spark application of this process, where it has one: the next engine starts another."""
    if (context := _context()) is not None:
        context.stop()


def _is_executor_of(entry: Path, group: int) -> bool:
    try:
        is_executor = b"CoarseGrainedExecutorBackend" in (entry / "cmdline").read_bytes()
        return is_executor and os.getpgid(int(entry.name)) == group
    except (OSError, ProcessLookupError):
        return False


def _wait(what: Callable[[], bool], seconds: int) -> None:
    until = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < until, "the cluster did not come up"
        time.sleep(0.2)


def _answers(port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(0.5)
        return probe.connect_ex((HOST, port)) == 0


@contextmanager
def running(folder: Path, workers: int = 2) -> Iterator[Cluster]:
    """A cluster for the time of the block."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port = int(probe.getsockname()[1])
    cluster = Cluster(folder, port)
    try:
        cluster.start("Master", "--port", str(port))
        _wait(lambda: _answers(port), 90)
        for number in range(workers):
            cluster.start("Worker", "--cores", "1", "--memory", "1g", "--work-dir", str(folder / f"work-{number}"), cluster.url)
        yield cluster
    finally:
        for process in cluster.processes:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


@contextmanager
def trouble(cluster: Cluster, after: int, then: int) -> Iterator[list[str]]:
    """While the block runs: kill executors once `after` tables are there until one has cost tasks, and a whole worker at `then`.

    Yields what was done.
    """
    done: list[str] = []
    is_over = threading.Event()

    def watch() -> None:
        tried = 0
        while not is_over.wait(0.1):
            tables = len(list(cluster.scratch.glob("*/*")))
            if not done and tables >= after:
                tried += 1
                if cluster.lose_tasks(tried):
                    done.append("tasks lost with an executor")
            elif done and tables >= then:
                cluster.kill_worker()
                done.append("a worker lost")
                return

    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    try:
        yield done
    finally:
        is_over.set()
        watcher.join()
