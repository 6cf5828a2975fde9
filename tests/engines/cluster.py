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

    def kill_executor(self) -> bool:
        """Kill one executor of the last worker; the worker lives and starts another. False where it has none yet."""
        group = self.processes[-1].pid
        for entry in Path("/proc").iterdir():
            if entry.name.isdigit() and _is_executor_of(entry, group):
                os.kill(int(entry.name), signal.SIGKILL)
                return True
        return False


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
def trouble(cluster: Cluster, tables: Callable[[], int], after: int, then: int) -> Iterator[list[str]]:
    """While the block runs: kill an executor once `after` tables are there, and a whole worker at `then`. Yields what was done."""
    done: list[str] = []
    is_over = threading.Event()

    def watch() -> None:
        while not is_over.wait(0.2):
            if not done and tables() >= after and cluster.kill_executor():
                done.append("executor")
            if done == ["executor"] and tables() >= then:
                cluster.kill_worker()
                done.append("worker")

    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    try:
        yield done
    finally:
        is_over.set()
        watcher.join()
