"""What the queue runs at night: one call each; a failure is told, and stands among failed tasks."""

from __future__ import annotations

from django.conf import settings
from django.utils import timezone

from arbvault.backup.programs import BackupError
from arbvault.backup.service import back_up, tell_of_failure, try_restore


def nightly(**_later: object) -> str:
    """Make a backup, unless ``BACKUPS`` is off; returns its path."""
    if not settings.BACKUPS:
        return ""
    try:
        return str(back_up(now=timezone.now()))
    except BackupError as error:
        tell_of_failure(error)
        raise


def weekly(**_later: object) -> str:
    """Try the newest backup, unless ``BACKUPS`` is off; returns its path."""
    if not settings.BACKUPS:
        return ""
    try:
        return str(try_restore())
    except BackupError as error:
        tell_of_failure(error)
        raise
