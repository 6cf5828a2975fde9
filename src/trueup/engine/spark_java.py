# pyright: reportMissingTypeStubs=false, reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false
"""The Java behind PySpark: what it needs, how it is reached, what it says when it fails, and how it ends with Ctrl-C."""

from __future__ import annotations

import logging
import os
import shutil
import signal
import subprocess
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from trueup.errors import EngineError

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

_JAVA_SECONDS = 10  # for Java to end what it does
_MOMENT_SECONDS = 0.2


def require_java() -> None:
    """Spark takes the Java of JAVA_HOME where that is set, else the one on the path."""
    home = os.environ.get("JAVA_HOME")
    if shutil.which(str(Path(home, "bin", "java")) if home else "java"):
        return
    if home:
        message = f"Spark takes Java from JAVA_HOME, and {home} has no bin/java."
        raise EngineError("TRU-E011", message, next_step="Set JAVA_HOME to the folder of a Java 17 or newer, or unset it.")
    raise EngineError(
        "TRU-E011", "Spark needs Java 17 or newer, and there is none.", next_step="Install a Java runtime, or set JAVA_HOME to one."
    )


def java_of(thing: object, name: str) -> Any:
    """The Java side of a part of PySpark, which keeps it under a name of its own."""
    return getattr(thing, name)


def java_errors() -> tuple[type[Exception], ...]:
    """What PySpark raises where Java refuses, or does not answer."""
    from py4j.protocol import Py4JError
    from pyspark.errors import PySparkException

    return PySparkException, Py4JError, ConnectionError


def said(error: Exception) -> str:
    """The first line of Spark's own words."""
    java = getattr(error, "java_exception", None)
    return next(iter(str(error if java is None else java).strip().splitlines()), type(error).__name__)


# --- Ctrl-C ----------------------------------------------------------------------------------------------------------------------------


def on_ctrl_c(act: Callable[..., None]) -> None:
    """PySpark's own way to stop asks Java over a connection that is in use, and prints what fails."""
    if threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGINT, act)


def stop_when_java_answers(*_: object) -> None:
    """Stop, or try again in a moment: a Java that is left before it answers lives on for ever."""
    from pyspark import SparkContext

    if java_of(SparkContext, "_gateway") is not None:
        stop()
    again = threading.Timer(_MOMENT_SECONDS, os.kill, (os.getpid(), signal.SIGINT))
    again.daemon = True
    again.start()


def stop(*_: object) -> NoReturn:
    """Silence Java and cancel what it computes, from a thread, which has a connection of its own. Then stop as Python does."""
    logging.disable()  # py4j logs whatever it raises
    asking = threading.Thread(target=_give_up, daemon=True)
    asking.start()
    asking.join(_JAVA_SECONDS)
    raise KeyboardInterrupt


def _give_up() -> None:
    from pyspark import SparkContext

    context = java_of(SparkContext, "_active_spark_context")
    with suppress(Exception):  # not yet started, or gone
        context.setLogLevel("OFF")
        context.cancelAllJobs()


def end_java(session: SparkSession) -> None:
    """End the Java that this process started, and wait for it. The Java of a service is left to it."""
    process: subprocess.Popen[bytes] | None = getattr(java_of(session.sparkContext, "_gateway"), "proc", None)
    if process is None:
        return
    process.terminate()
    with suppress(subprocess.TimeoutExpired):
        process.wait(_JAVA_SECONDS)
    process.kill()
    process.wait()
