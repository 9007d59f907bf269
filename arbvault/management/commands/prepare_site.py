"""Bring the database, the static files and the first account to where a run can start."""

from __future__ import annotations

import hashlib
import io
import os
import secrets
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.contrib.staticfiles.finders import get_finders
from django.core.checks import WARNING, run_checks
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import NotSupportedError, OperationalError, connection, transaction
from django.db.migrations.executor import MigrationExecutor

from arbvault.database.turns import our_turn

if TYPE_CHECKING:
    from collections.abc import Iterator

ADMINISTRATOR = "admin"
PREPARING = 0x4152_4256  # an advisory lock's number, ours in this database
MANIFEST = "staticfiles.json"  # what collecting ends with


class Command(BaseCommand):
    help = (
        "Migrates, collects the static files when they changed, creates the first administrator "
        "and the example niches. Safe to repeat; asks nothing."
    )

    requires_system_checks = ()  # _check shows what matters here, once

    def handle(self, *args: Any, **options: Any) -> None:
        self._check()
        self._connect()
        with our_turn(PREPARING):  # hosts that start a release together
            self._migrate()
            self._create_administrator()
        self._collect_static_files()
        self._compile_catalogues()

    def _check(self) -> None:
        found = [message for message in run_checks() if message.level >= WARNING]
        for message in found:
            self.stderr.write(str(message))
        if any(message.is_serious() for message in found):
            raise CommandError("These settings must be corrected first.")

    def _connect(self) -> None:
        try:
            connection.ensure_connection()
        except (OperationalError, NotSupportedError) as error:
            raise CommandError(f"The database cannot be used.\n{error}") from error

    def _migrate(self) -> None:
        executor = MigrationExecutor(connection)
        if plan := executor.migration_plan(executor.loader.graph.leaf_nodes()):
            self.stdout.write(f"Applying {len(plan)} migrations.")
        # Without a plan too: what the code declares (schedules, profiles) is brought in after it.
        call_command("migrate", interactive=False, verbosity=0)

    def _collect_static_files(self) -> None:
        if settings.DEBUG:
            return  # served from where they are
        if not settings.STATIC_IS_OURS:
            if not (Path(settings.STATIC_ROOT) / MANIFEST).exists():
                raise CommandError(
                    f"STATIC_ROOT ({settings.STATIC_ROOT}) holds no collected files. "
                    "Run `manage.py collectstatic`, or leave it out."
                )
            return
        stamp = Path(settings.STATIC_ROOT) / ".fingerprint"
        fingerprint = _fingerprint(_static_files())
        if stamp.exists() and stamp.read_text() == fingerprint:
            return
        self.stdout.write("Collecting the static files.")
        call_command("collectstatic", interactive=False, clear=True, verbosity=0)
        stamp.write_text(fingerprint)

    def _compile_catalogues(self) -> None:
        """The compiled catalogues are committed; this repairs a checkout that lost one."""
        missing = [
            source
            for folder in settings.LOCALE_PATHS
            for source in Path(folder).glob("*/LC_MESSAGES/*.po")
            if not source.with_suffix(".mo").exists()
        ]
        if not missing:
            return
        if shutil.which("msgfmt") is None:
            self.stdout.write("A message catalogue is not compiled and gettext is not installed.")
            return
        call_command("compilemessages", verbosity=0, locale=[m.parts[-3] for m in missing])

    def _create_administrator(self) -> None:
        users = get_user_model()
        if users.objects.filter(is_superuser=True).exists():
            return
        password = secrets.token_urlsafe(12)
        path = Path(settings.ARBVAULT_VAR) / "admin-password"
        path.unlink(missing_ok=True)
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(f"{password}\n")
        with transaction.atomic():
            users.objects.create_superuser(ADMINISTRATOR, email="", password=password)
            # Only now: examples that somebody deleted must not come back.
            call_command("create_example_niches", ADMINISTRATOR, stdout=io.StringIO())
        self.stdout.write(
            "\nFirst administrator (shown once):\n"
            f"    name      {ADMINISTRATOR}\n"
            f"    password  {password}\n"
            f"    kept in   {path}\n"
        )


def _static_files() -> Iterator[Path]:
    for finder in get_finders():
        for name, storage in finder.list([]):
            yield Path(storage.path(name))


def _fingerprint(paths: Iterator[Path]) -> str:
    digest = hashlib.sha256(settings.STORAGES["staticfiles"]["BACKEND"].encode())
    for path in sorted(paths):
        state = path.stat()
        digest.update(f"{path}\0{state.st_size}\0{state.st_mtime_ns}\n".encode())
    return digest.hexdigest()
