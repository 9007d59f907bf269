"""Backups as the site's settings ask for them: where, how many, and who is told of a failure."""

from __future__ import annotations

import logging
from datetime import datetime
from pathlib import Path

from django.conf import settings
from django.db import connection
from django.utils.translation import gettext as _
from psycopg.conninfo import make_conninfo

from arbvault.backup.making import backups_in, make_backup
from arbvault.backup.programs import BackupError
from arbvault.backup.restoring import restore_backup, verify_backup
from arbvault.backup.rotation import rotate
from discovery.accounts.mail import send
from discovery.accounts.notifications import alert_addresses

logger = logging.getLogger(__name__)


def address() -> str:
    """The server itself: a pooler hands out sessions in which no snapshot lasts."""
    if settings.BACKUP_DATABASE_URL:
        return str(settings.BACKUP_DATABASE_URL)
    return make_conninfo(settings.DATABASE_URL, dbname=connection.settings_dict["NAME"])


def back_up(*, now: datetime, folder: Path | None = None) -> Path:
    """Make a backup in ``folder`` (``BACKUP_DIR``), then delete the old ones there.

    Raises ``BackupError``.
    """
    where = folder or settings.BACKUP_DIR
    made = make_backup(url=address(), folder=where, now=now)
    gone = rotate(where, days=settings.BACKUP_DAYS, weeks=settings.BACKUP_WEEKS)
    logger.info("backup %s: %d bytes, %d older ones deleted", made, made.stat().st_size, len(gone))
    return made


def restore(*, dump: Path, ends_others: bool = False) -> None:
    """Replace the site's database by a backup. Raises ``BackupError``: it is then as it was."""
    connection.close()  # ours is no reason to refuse
    restore_backup(dump=dump, url=address(), ends_others=ends_others)


def try_restore(*, dump: Path | None = None) -> Path:
    """Restore the backup (the newest of ``BACKUP_DIR``) into a database of its own, and drop it.

    Returns which. Raises ``BackupError`` when a row is missing, or there is no backup.
    """
    tried = dump or next(iter(backups_in(settings.BACKUP_DIR)), None)
    if tried is None:
        raise BackupError(f"There is no backup in {settings.BACKUP_DIR}.")
    differing = verify_backup(dump=tried, url=address())
    if differing:
        told = ", ".join(f"{table} {was}/{now}" for table, (was, now) in differing.items())
        raise BackupError(f"{tried} does not bring back every row: {told}.")
    logger.info("backup %s brings back every row", tried)
    return tried


def tell_of_failure(error: BackupError) -> None:
    """Log it, and mail it to those who are told of alerts."""
    logger.error("the backup failed: %s", error)
    addresses = sorted({*settings.ALERT_EMAILS, *alert_addresses()})
    if addresses:
        send(
            addresses=addresses,
            subject=_("ArbitrageVault: the backup failed"),
            text=_("The database could not be backed up:\n\n%(reason)s") % {"reason": error},
        )
