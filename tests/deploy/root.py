"""A root file system of its own, in which the steps of an image are run as a build runs them.

It is an overlay over this machine's files, which stand for those of the base image, in a mount
namespace that ends with the test: what a step writes goes to a scratch folder, and ``/tmp`` and
``/app`` hold nothing of this checkout. It needs root, as mounting does.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

UNSHARE = shutil.which("unshare") or ""
PYTHON_HOME = Path(sys.base_prefix)


@dataclass(frozen=True, slots=True)
class Root:
    """The root at ``path`` in the mount namespace of the process ``holder``."""

    path: Path
    scratch: Path
    holder: int

    def command(
        self, words: list[str], *, env: Mapping[str, str], cwd: str = "/", user: str = "0:0"
    ) -> list[str]:
        """What runs the words in the root, with this environment and no other."""
        inside = ["env", "-i", "-C", cwd, *(f"{name}={it}" for name, it in env.items()), *words]
        chroot = ["chroot", f"--userspec={user}", "--groups=", str(self.path)]
        return [*self._nsenter(), *chroot, *inside]

    def mount(self, *words: str) -> None:
        """Call mount(8) in the namespace; raises ``CalledProcessError``."""
        _run([*self._nsenter(), "mount", *words])

    def read_only(self) -> None:
        """From now on nothing can be written but what is mounted of its own."""
        self.mount("-o", "remount,ro,bind", str(self.path))

    def _nsenter(self) -> list[str]:
        return ["nsenter", f"--mount=/proc/{self.holder}/ns/mnt"]


@contextmanager
def overlaid(scratch: Path) -> Iterator[Root]:
    """A new root below ``scratch``. Raises ``PermissionError`` where none may be made."""
    if os.geteuid() != 0 or not UNSHARE or shutil.which("nsenter") is None:
        raise PermissionError("Only root may make a root, with unshare and nsenter.")
    for name in ("upper", "work", "root"):
        (scratch / name).mkdir()
    script = "echo ready; read end"
    with subprocess.Popen(
        [UNSHARE, "--mount", "--propagation", "private", "sh", "-c", script],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
    ) as holder:  # fmt: skip
        try:
            assert holder.stdout is not None
            if holder.stdout.readline() != b"ready\n":
                raise PermissionError("No mount namespace may be made here.")
            root = Root(scratch / "root", scratch, holder.pid)
            _furnish(root)
            yield root
        finally:
            holder.kill()


def _furnish(root: Root) -> None:
    layers = f"lowerdir=/,upperdir={root.scratch}/upper,workdir={root.scratch}/work"
    try:
        root.mount("-t", "overlay", "overlay", "-o", layers, str(root.path))
    except subprocess.CalledProcessError as error:
        raise PermissionError("No overlay may be mounted here.") from error
    inside = str(root.path)
    root.mount("-t", "tmpfs", "-o", "mode=1777", "tmpfs", f"{inside}/tmp")  # noqa: S108
    root.mount("--rbind", "/dev", f"{inside}/dev")
    root.mount("--rbind", "/proc", f"{inside}/proc")
    # The interpreter may lie below a folder that is root's alone.
    for folder in reversed(PYTHON_HOME.parents):
        _run([*root.command(["chmod", "a+x", str(folder)], env={"PATH": os.defpath})])


def _run(command: list[str]) -> None:
    subprocess.run(command, check=True, capture_output=True)
