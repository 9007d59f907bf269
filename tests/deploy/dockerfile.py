"""A strict reader of our own Dockerfile: what it does not know it refuses, rather than skip it."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass, field
from fnmatch import fnmatch
from pathlib import Path

KNOWN = {
    "CMD", "COPY", "ENV", "EXPOSE", "FROM", "HEALTHCHECK", "LABEL", "RUN", "STOPSIGNAL", "USER",
    "VOLUME", "WORKDIR",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Instruction:
    """``name`` in capitals, its ``--options`` and the text after them, of one logical line."""

    name: str
    text: str
    options: dict[str, str]

    def words(self) -> list[str]:
        """The text as words; of the JSON form, its elements."""
        return list(json.loads(self.text)) if self.text.startswith("[") else shlex.split(self.text)

    def pairs(self) -> dict[str, str]:
        """The text as ``NAME=value`` words."""
        return dict(word.split("=", 1) for word in self.words())


@dataclass(slots=True)
class Stage:
    """What one ``FROM`` begins."""

    base: str
    name: str
    steps: list[Instruction] = field(default_factory=list)


def read_stages(text: str) -> list[Stage]:
    """The stages of a Dockerfile. Raises ``ValueError`` for what this reader does not know."""
    stages: list[Stage] = []
    for instruction in _instructions(text):
        if instruction.name == "FROM":
            base, *rest = instruction.words()
            if rest and (len(rest) != 2 or rest[0] != "AS"):
                raise ValueError(f"FROM {instruction.text}")
            stages.append(Stage(base, rest[1] if rest else ""))
        elif not stages:
            raise ValueError(f"{instruction.name} before FROM")
        else:
            stages[-1].steps.append(instruction)
    return stages


def _instructions(text: str) -> Iterator[Instruction]:
    lines = [line for line in text.splitlines() if line.strip() and not line.startswith("#")]
    for line in re.sub(r"\\\n", " ", "\n".join(lines)).splitlines():
        name, _, rest = line.partition(" ")
        if name not in KNOWN:
            raise ValueError(f"unknown instruction: {line}")
        options = {}
        rest = rest.strip()
        while found := re.match(r"--([a-z-]+)=(\S+)\s+", rest):
            options[found[1]] = found[2]
            rest = rest[found.end() :]
        if rest.startswith("--"):
            raise ValueError(f"unknown option: {line}")
        yield Instruction(name, rest, options)


class Context:
    """The files that a build sees: the folder's, less what ``.dockerignore`` keeps out."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        lines = (line.strip() for line in (folder / ".dockerignore").read_text().splitlines())
        self._rules = [line for line in lines if line and not line.startswith("#")]

    def holds(self, path: Path) -> bool:
        """Whether the file at this path, relative to the folder, is sent; the last rule decides."""
        kept = True
        for rule in self._rules:
            pattern = rule.removeprefix("!")
            if any(_matches(part, pattern) for part in (path, *path.parents)):
                kept = rule.startswith("!")
        return kept

    def files(self, tracked: list[Path]) -> list[Path]:
        """Those of the paths that are sent."""
        return [path for path in tracked if self.holds(path)]


def _matches(path: Path, pattern: str) -> bool:
    if path == Path():
        return False
    if pattern.startswith("**/"):
        return fnmatch(path.name, pattern[3:])
    return len(path.parts) == len(Path(pattern).parts) and fnmatch(path.as_posix(), pattern)
