"""Run named SQL steps. The runner, not the SQL text, decides what is a view and what is a table."""

from trueup.engine.base import Engine
from trueup.engine.choose import EngineOptions, chosen, chosen_engine
from trueup.engine.duck import DuckEngine
from trueup.engine.files import TableFile
from trueup.engine.steps import Step, steps_of

__all__ = ["DuckEngine", "Engine", "EngineOptions", "Step", "TableFile", "chosen", "chosen_engine", "steps_of"]
