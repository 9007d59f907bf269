"""Every path, and every name in a file, that the documentation gives exists."""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from django.conf import settings

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(settings.BASE_DIR)
DOCUMENTS = sorted(
    {
        ROOT / "README.md",
        ROOT / "CHANGELOG.md",
        *ROOT.glob("docs/**/*.md"),
        *ROOT.glob("*/README.md"),
    }
)
# The folder that a document's short paths are meant in, besides the root.
SHORT_PATHS = {"docs/scoring.md": "discovery/scoring", "benchmarks/README.md": "benchmarks"}
CODE = re.compile(r"`([^`\n]+)`")
LINK = re.compile(r"\]\(([^)#:]*)(?:#([^)]+))?\)|src=\"([^\"]+)\"")
HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)
FENCED = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)
# A path: a folder with its slash, or a file with an ending we use; perhaps a name defined there.
PATH = re.compile(
    r"(?P<path>(?:[\w.-]+/)+|(?:[\w.-]+/)*[\w.-]+\.(?:py|md|html|css|js|toml|txt|po))"
    r"(?::(?P<name>\w+(?:\.\w+)?))?"
)
MADE_WHEN_RUNNING = ("var/", ".venv/", "static/")
FEWEST_REQUESTS = 20


def paths_of(document: Path) -> Iterator[tuple[str, str]]:
    """Each path that stands in code in the document, and the name wanted there, if any."""
    text = FENCED.sub("", document.read_text())
    for code in CODE.findall(text):
        found = PATH.fullmatch(code)
        if found is not None and not found["path"].startswith(MADE_WHEN_RUNNING):
            yield found["path"], found["name"] or ""


def places(document: Path, path: str) -> list[Path]:
    """Where the path leads to: from the root, or from the folder the document is about."""
    short = SHORT_PATHS.get(str(document.relative_to(ROOT)))
    folders = [ROOT] if short is None else [ROOT, ROOT / short]
    return [folder / path for folder in folders if (folder / path).exists()]


@cache
def names_in(path: Path) -> set[str]:
    """What a module defines at its top, and in its classes as ``Class.name``."""
    return set(_names(ast.parse(path.read_text()).body))


def _names(body: list[ast.stmt], prefix: str = "") -> Iterator[str]:
    for node in body:
        match node:
            case ast.ClassDef(name=name):
                yield prefix + name
                yield from _names(node.body, f"{name}.")
            case ast.FunctionDef(name=name):
                yield prefix + name
            case ast.AnnAssign(target=ast.Name(id=name)):
                yield prefix + name
            case ast.Assign(targets=targets):
                for target in targets:
                    yield from (
                        prefix + leaf.id for leaf in ast.walk(target) if isinstance(leaf, ast.Name)
                    )


@pytest.mark.parametrize(
    "document", DOCUMENTS, ids=lambda document: str(document.relative_to(ROOT))
)
def test_every_path_and_name_of_the_documentation_exists(document: Path) -> None:
    missing = []
    for path, name in paths_of(document):
        found = places(document, path)
        if not found or (name and not any(name in names_in(place) for place in found)):
            missing.append(f"{path}:{name}" if name else path)
    assert missing == []


@pytest.mark.parametrize(
    "document", DOCUMENTS, ids=lambda document: str(document.relative_to(ROOT))
)
def test_every_link_between_documents_leads_somewhere(document: Path) -> None:
    lost = []
    for link, part, image in LINK.findall(document.read_text()):
        target = document.parent / (link or image) if link or image else document
        if not target.exists() or (part and part not in parts_of(target)):
            lost.append(f"{link or image}#{part}" if part else link or image)
    assert lost == []


def parts_of(document: Path) -> set[str]:
    """What a link to a part of the document may say after ``#``, as GitHub makes it."""
    headings = HEADING.findall(FENCED.sub("", document.read_text()))
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def test_the_readme_leads_to_every_page_of_the_documentation() -> None:
    links = {link for link, _part, _image in LINK.findall((ROOT / "README.md").read_text())}
    assert {f"docs/{page.name}" for page in ROOT.glob("docs/*.md")} <= links


def test_the_page_of_changes_answers_many_requests() -> None:
    rows = [
        line
        for line in (ROOT / "docs" / "where.md").read_text().splitlines()
        if line.startswith("| ") and PATH.search(line)
    ]
    assert len(rows) >= FEWEST_REQUESTS


def test_a_path_or_a_name_that_is_gone_is_found(tmp_path: Path) -> None:
    document = tmp_path / "page.md"
    document.write_text("`discovery/gone.py`, `discovery/paging.py:GONE`, `var/log/`, `make run`")
    assert list(paths_of(document)) == [("discovery/gone.py", ""), ("discovery/paging.py", "GONE")]
    assert "PAGE_SIZE" in names_in(ROOT / "discovery" / "paging.py")
    assert "GONE" not in names_in(ROOT / "discovery" / "paging.py")
