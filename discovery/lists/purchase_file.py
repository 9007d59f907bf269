"""A file of purchases as it is given: read apart, kept until its owner confirms or gives it up."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction
from django.utils import timezone

from discovery.lists.apart import rows_apart
from discovery.lists.turns import take_turn
from discovery.models import PurchaseFile

KEPT = timedelta(days=1)  # a file that nobody confirms


@transaction.atomic
def give_file(
    *, user: AbstractBaseUser, name: str, source: bytes | str, marketplace: str
) -> PurchaseFile:
    """Keep the rows of a file or of pasted text in place of those given before.

    ``marketplace`` is that of lines that name none. Raises ``UnreadableList``.
    """
    take_turn(owner_id=user.pk)
    rows = [[row.number, list(map(_storable, row.cells))] for row in rows_apart(source)]
    given, _is_new = PurchaseFile.objects.update_or_create(
        user_id=user.pk,
        defaults={
            "name": name[:200],
            "marketplace": marketplace,
            "rows": rows,
            "given_at": timezone.now(),
        },
    )
    return given


def forget_files(*, now: datetime) -> int:
    """Remove the files that nobody confirmed in time; returns how many went."""
    return PurchaseFile.objects.filter(given_at__lt=now - KEPT).delete()[0]


def _storable(cell: str) -> str:
    """A cell as PostgreSQL can keep it."""
    return cell.replace("\x00", "").encode("utf-8", "replace").decode()
