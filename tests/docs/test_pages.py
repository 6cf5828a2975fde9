"""The written pages say what is there."""

from __future__ import annotations

import re
import runpy
import subprocess
import sys
from pathlib import Path

import pytest

LINK = re.compile(r"(?<!!)\[[^\]\n]+\]\(([^)\s]+)\)")
CODE_BLOCK = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)
WORKING_PAGES = ["README.md", "ARCHITECTURE.md", "GLOSSARY.md", "CONTRIBUTING.md", "CHANGELOG.md", "LICENSE"]


def pages(texts: dict[Path, str]) -> dict[Path, str]:
    return {path: text for path, text in texts.items() if path.suffix == ".md"}


def slug(heading: str) -> str:
    words = re.sub(r"[^\w\- ]", "", heading.replace("`", "").lower())
    return words.strip().replace(" ", "-")


@pytest.mark.parametrize("name", WORKING_PAGES)
def test_the_usual_pages_are_there(name: str, texts: dict[Path, str]) -> None:
    assert len(texts[Path(name)]) > 500


def test_relative_links_resolve(root: Path, texts: dict[Path, str]) -> None:
    broken: list[str] = []
    for path, text in pages(texts).items():
        for target in LINK.findall(CODE_BLOCK.sub("", text)):
            if "://" in target or target.startswith("mailto:"):
                continue
            name, _, anchor = target.partition("#")
            goal = (root / path).parent / name if name else root / path
            if not goal.exists():
                broken.append(f"{path}: {target}")
            elif anchor and goal.suffix == ".md":
                headings = re.findall(r"^#+ (.+)$", CODE_BLOCK.sub("", goal.read_text(encoding="utf-8")), re.MULTILINE)
                broken += [f"{path}: {target}"] if anchor not in map(slug, headings) else []
    assert broken == []


def test_the_site_lists_every_page_and_only_pages_that_exist(root: Path, texts: dict[Path, str]) -> None:
    listed = re.findall(r'= "([\w/-]+\.md)"', texts[Path("zensical.toml")])
    assert sorted(listed) == sorted(path.relative_to("docs").as_posix() for path in pages(texts) if path.parts[0] == "docs")


def test_pages_of_the_site_link_only_inside_it(root: Path, texts: dict[Path, str]) -> None:
    outside = [
        f"{path}: {target}"
        for path, text in pages(texts).items()
        if path.parts[0] == "docs"
        for target in LINK.findall(CODE_BLOCK.sub("", text))
        if "://" not in target and not ((root / path).parent / target).resolve().is_relative_to(root / "docs")
    ]
    assert outside == []


def test_make_commands_in_pages_exist(texts: dict[Path, str]) -> None:
    targets = set(re.findall(r"^([a-z-]+):", texts[Path("Makefile")], re.MULTILINE))
    used = {
        name
        for text in pages(texts).values()
        for name in re.findall(r"(?:^|`)(?:\$ )?make ([a-z][a-z-]*)(?=`|\s*$|\s+#| [A-Z]+=)", text, re.MULTILINE)
    }
    assert {"demo", "test"} <= used
    assert used - targets == set()


def test_trueup_commands_in_pages_exist(texts: dict[Path, str]) -> None:
    sections = re.split(r"^## trueup ", texts[Path("docs/reference/cli.md")], flags=re.MULTILINE)[1:]
    known = {section.split("\n", 1)[0].strip(): set(re.findall(r"(--[a-z-]+)", section)) | {"--help"} for section in sections}
    used = [
        (path, command, flag)
        for path, text in pages(texts).items()
        if path.name != "cli.md"
        for block in [*CODE_BLOCK.findall(text), *re.findall(r"(?<!`)`([^`\n]+)`(?!`)", CODE_BLOCK.sub("", text))]
        for command, rest in re.findall(r"^(?:\.venv/bin/)?trueup ([a-z]+)(.*)$", block, re.MULTILINE)
        for flag in re.findall(r"--[a-z-]+", rest) or ["--help"]
    ]
    assert len({command for _, command, _ in used}) > 8
    assert [f"{path}: trueup {command} {flag}" for path, command, flag in used if flag not in known.get(command, set())] == []


def test_every_make_target_explains_itself(texts: dict[Path, str]) -> None:
    lines = re.findall(r"^([a-z-]+):(.*)$", texts[Path("Makefile")], re.MULTILINE)
    assert [name for name, rest in lines if " ## " not in rest] == []


def test_the_readme_test_command_is_what_ci_runs(texts: dict[Path, str]) -> None:
    assert texts[Path(".ci/run")].rstrip().splitlines()[-2:] == ["make check", "make test"]


def test_generated_pages_are_fresh(root: Path) -> None:
    done = subprocess.run([sys.executable, "scripts/reference.py", "--check"], cwd=root, capture_output=True, text=True, check=False)
    assert (done.stderr, done.returncode) == ("", 0)


def test_error_codes_of_the_code_and_of_the_page_are_the_same(texts: dict[Path, str]) -> None:
    code = re.compile(r"TRU-[A-Z]\d{3}")
    in_src = {c for path, text in texts.items() if path.parts[0] == "src" and path.suffix == ".py" for c in code.findall(text)}
    on_page = set(code.findall(texts[Path("docs/reference/errors.md")]))
    assert len(in_src) > 30
    assert on_page == in_src
    assert {c for c in in_src if c[4] not in "RIECPSUDKLMQ"} == set()


def test_an_error_code_has_one_meaning(root: Path, texts: dict[Path, str]) -> None:
    """Codes of rules are defined in one list. Any other code belongs to one stage or module."""
    reference = runpy.run_path(str(root / "scripts" / "reference.py"), run_name="reference")
    homes: dict[str, set[str]] = {}
    for path, text in texts.items():
        if path.parts[0] == "src" and path.suffix == ".py":
            for use in reference["Module"](text).uses():
                homes.setdefault(use.code, set()).add(path.parts[2])
    assert {code: parts for code, parts in homes.items() if len(parts) > 1 and not code.startswith("TRU-R")} == {}


def test_glossary_words_are_those_of_the_code(texts: dict[Path, str]) -> None:
    rows = re.findall(r"^\| [^|]+ \| ([^|]+) \|", texts[Path("GLOSSARY.md")], re.MULTILINE)
    words = {word for row in rows for word in re.findall(r"`([^`]+)`", row)}
    used = "\n".join(
        text for path, text in texts.items() if path.parts[0] in {"src", "programs"} and path.suffix in {".py", ".sql", ".yaml"}
    )
    assert len(words) > 60
    assert sorted(word for word in words if not re.search(rf"\b{re.escape(word)}\b", used)) == []


def test_glossary_is_in_order(texts: dict[Path, str]) -> None:
    for section in texts[Path("GLOSSARY.md")].split("\n## ")[1:]:
        terms = [t for t in re.findall(r"^\| ([^|]+) \|", section, re.MULTILINE) if t != "term" and not t.startswith("-")]
        assert terms == sorted(terms, key=str.lower)
