"""HTML pages: one template, no script, no request to anywhere. Escaping is always on; only our own SVG passes unescaped."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template
from markupsafe import Markup

from trueup.reports.grid import Grid, Link, Page, shown


def _is_link(value: object) -> bool:
    return isinstance(value, Link)


@cache
def _template() -> Template:
    folder = Path(__file__).parent / "templates"
    env = Environment(loader=FileSystemLoader(folder), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    return env.get_template("page.html.j2", globals={"shown": shown, "Markup": Markup, "is_link": _is_link})


def render(page: Page, csv_of: dict[str, str]) -> str:
    """The page as one self-contained HTML text. `csv_of` leads from a grid's name to its CSV beside the page."""

    def csv_href(grid: Grid) -> str:
        return csv_of.get(grid.name, "")

    return _template().render(page=page, csv_href=csv_href)
