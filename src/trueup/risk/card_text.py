"""A model card as Markdown, and as a fragment of HTML that another page may hold."""

from __future__ import annotations

from html import escape

from trueup.risk.card import ModelCard, Table


def to_markdown(card: ModelCard) -> str:
    """The card as Markdown text, one line feed at the end."""
    parts = [f"# {card.title}", card.purpose, "**Not for:**", "\n".join(f"- {line}" for line in card.unsuitable)]
    parts += ["## Facts", _markdown_table(("fact", "value"), card.facts)]
    for table in card.tables:
        parts += [f"## {table.title}", _markdown_table(table.header, table.rows), *([table.note] if table.note else [])]
    parts += ["## Findings", "\n".join(f"- {line}" for line in card.findings) or "None."]
    return "\n\n".join(parts) + "\n"


def _markdown_table(header: tuple[str, ...], rows: tuple[tuple[str, ...], ...]) -> str:
    def line(cells: tuple[str, ...]) -> str:
        return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"

    return "\n".join([line(header), "|" + "---|" * len(header), *(line(row) for row in rows)])


def to_html(card: ModelCard) -> str:
    """The card as one `<section>`: headings from level 2, tables with captions and header cells."""
    parts = [f"<h2>{escape(card.title)}</h2>", f"<p>{escape(card.purpose)}</p>", "<h3>Not for</h3>", _list(card.unsuitable)]
    parts.append(_html_table(Table("Facts", ("fact", "value"), card.facts)))
    parts += [_html_table(table) for table in card.tables]
    parts += ["<h3>Findings</h3>", _list(card.findings) if card.findings else "<p>None.</p>"]
    return '<section class="model-card">\n' + "\n".join(parts) + "\n</section>\n"


def _list(lines: tuple[str, ...]) -> str:
    return "<ul>" + "".join(f"<li>{escape(line)}</li>" for line in lines) + "</ul>"


def _html_table(table: Table) -> str:
    head = "".join(f'<th scope="col">{escape(cell)}</th>' for cell in table.header)
    body = "".join(
        "<tr>" + f'<th scope="row">{escape(row[0])}</th>' + "".join(f"<td>{escape(cell)}</td>" for cell in row[1:]) + "</tr>"
        for row in table.rows
    )
    note = f"<p>{escape(table.note)}</p>" if table.note else ""
    caption = f"<caption>{escape(table.title)}</caption>"
    return f"<table>{caption}<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>{note}"
