"""What is noted beside a backup: enough to tell, before a restore, whether it can be one."""

from __future__ import annotations

import hashlib
import hmac
import json
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db.migrations.loader import MigrationLoader

if TYPE_CHECKING:
    from collections.abc import Mapping

SUFFIX = ".dump"
BLOCK = 1 << 20  # bytes


@dataclass(frozen=True, slots=True)
class Manifest:
    """``rows`` by table and ``migrations`` (the applied ones, ``app.name``) as they were dumped.

    ``sha256`` is that of the file; ``secret`` tells secrets apart without telling them.
    """

    made_at: datetime  # UTC
    server: int  # major version of PostgreSQL
    size: int  # bytes
    sha256: str
    secret: str
    rows: Mapping[str, int]
    migrations: tuple[str, ...]

    def write(self, dump: Path) -> None:
        """Put it beside the dump, readable by its owner alone."""
        path = path_beside(dump)
        path.touch(mode=0o600)
        path.write_text(json.dumps(asdict(self), default=str, indent=1, sort_keys=True))


def path_beside(dump: Path) -> Path:
    """Where a dump's manifest is."""
    return dump.with_suffix(".json")


def manifest_of(dump: Path) -> Manifest | None:
    """What is noted beside a dump; ``None`` where nothing readable is."""
    try:
        told: dict[str, Any] = json.loads(path_beside(dump).read_text())
        told["made_at"] = datetime.fromisoformat(told["made_at"])
        told["migrations"] = tuple(told["migrations"])
        return Manifest(**told)
    except (OSError, ValueError, TypeError, KeyError):
        return None


def digest_of(path: Path) -> str:
    """The SHA-256 of a file, read in blocks."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(BLOCK):
            digest.update(block)
    return digest.hexdigest()


def secret_mark() -> str:
    """Whether a site has the secret that sealed what a backup holds; betrays nothing of it."""
    key = settings.SECRET_KEY.encode()
    return hmac.new(key, b"arbitragevault backup", hashlib.sha256).hexdigest()[:16]


def unknown_migrations(applied: tuple[str, ...]) -> list[str]:
    """Which of these this code does not have: the backup is of a later version."""
    known = {f"{app}.{name}" for app, name in MigrationLoader(None).disk_migrations}
    replaced = {
        f"{app}.{name}"
        for migration in MigrationLoader(None).disk_migrations.values()
        for app, name in migration.replaces
    }
    ours = {name.partition(".")[0] for name in known}
    return sorted(
        name for name in set(applied) - known - replaced if name.partition(".")[0] in ours
    )
