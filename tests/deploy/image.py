"""The image of the Dockerfile, made in a scratch root, a step after the other."""

from __future__ import annotations

import os
import shutil
import subprocess
import sysconfig
from dataclasses import dataclass, field
from pathlib import Path

from django.conf import settings

from tests.deploy.dockerfile import Context, Instruction, Stage
from tests.deploy.root import PYTHON_HOME, Root

FOLDER = Path(settings.BASE_DIR)
GIT = shutil.which("git") or "git"
PATH = f"{PYTHON_HOME}/bin:/usr/sbin:/usr/bin:/sbin:/bin"  # the base image's, which has Python
# What needs the network and minutes: without, packages are those that the tests run with.
INSTALL = "pip --python /opt/venv/bin/python install"
COMPILE = "python -m compileall -q -j 0 /opt/venv"
# The administration's own files take longest to compress; that they can be served has a test.
COLLECT = "collectstatic --no-input"
SPARED = f"{COLLECT} --ignore admin --ignore unfold --ignore ninja"
PIP_IS_RUN = os.environ.get("IMAGE_PIP") == "run"
PACKAGES = sysconfig.get_paths()["purelib"]


@dataclass(slots=True)
class Image:
    """What the instructions so far have said; files are in ``root``."""

    root: Root
    env: dict[str, str] = field(default_factory=lambda: {"PATH": PATH, "HOME": "/"})
    cwd: str = "/"
    user: str = "0:0"
    said: dict[str, list[str]] = field(default_factory=dict)

    def command(self, words: list[str], **env: str) -> list[str]:
        """What starts the words in a container of this image."""
        return self.root.command(words, env=self.env | env, cwd=self.cwd, user=self.user)


def build(root: Root, stages: list[Stage]) -> Image:
    """Run every step of every stage; raises ``AssertionError`` with what a failing one said.

    All stages share the root: what a later one copies from a former is there already, and the test
    of the Dockerfile's own text says that only such folders are copied.
    """
    image = Image(root)
    for stage in stages:
        image = Image(root)
        for step in stage.steps:
            _do(image, step)
    return image


def _do(image: Image, step: Instruction) -> None:
    match step.name:
        case "RUN":
            _run(image, step.text)
        case "COPY" if "from" not in step.options:
            _copy(image, step)
        case "WORKDIR":
            image.cwd = step.text
            Path(f"{image.root.scratch}/upper{step.text}").mkdir(parents=True, exist_ok=True)
        case "ENV":
            given = step.pairs()
            # The interpreter is the base image's: here, this machine's, where it happens to lie.
            if "PATH" in given:
                given["PATH"] = f"{given['PATH'].split(':')[0]}:{PATH}"
            image.env |= given
        case "USER":
            image.user = step.text
        case _:
            image.said[step.name] = [step.text]


def _run(image: Image, script: str) -> None:
    if not PIP_IS_RUN and script.startswith(COMPILE):
        return  # they are compiled
    if not PIP_IS_RUN and script.startswith(INSTALL):
        _lend_packages(image.root)
        return
    if not PIP_IS_RUN:
        script = script.replace(COLLECT, SPARED)
    extra = {name: it for name, it in os.environ.items() if name.startswith("PIP_")}
    command = image.command(["/bin/sh", "-e", "-c", script], **(extra if PIP_IS_RUN else {}))
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{script}\n{done.stdout}{done.stderr}"


def _lend_packages(root: Root) -> None:
    """Lay the packages of this very run where pip would have put them; writes go elsewhere."""
    for name in ("packages", "packages-work"):
        (root.scratch / name).mkdir()
    (target,) = (root.scratch / "upper").glob("opt/venv/lib/python3.*/site-packages")
    inside = root.path / target.relative_to(root.scratch / "upper")
    layers = f"lowerdir={PACKAGES},upperdir={root.scratch}/packages"
    layers += f",workdir={root.scratch}/packages-work"
    root.mount("-t", "overlay", "overlay", "-o", layers, str(inside))


def _copy(image: Image, step: Instruction) -> None:
    source, target = step.words()
    assert target == "./", step.text
    upper = Path(f"{image.root.scratch}/upper{image.cwd}")
    listed = subprocess.run(
        [GIT, "ls-files", "--cached", "--others", "--exclude-standard", source],
        cwd=FOLDER, capture_output=True, text=True, check=True,
    )  # fmt: skip
    files = Context(FOLDER).files([Path(line) for line in listed.stdout.splitlines()])
    assert files, f"{step.text}: nothing is sent"
    for path in files:
        to = upper / (path.name if source != "." else path)
        if (FOLDER / path).is_file():
            to.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(FOLDER / path, to)
