"""One list of a user is read at a time, whichever process or machine reads it."""

from __future__ import annotations

import time

from django.contrib.auth import get_user_model
from django.db import connection
from django.db.models import BooleanField, Func, Value

from discovery.lists.reading.model import UnreadableList

# Marks our locks among all of the database; a user's number follows.
LISTS = int.from_bytes(b"list", "big") << 32
LOOK_AGAIN = 0.1  # seconds


def take_turn(*, owner_id: int, patience: float = 0.0) -> None:
    """Keep the user's turn until the transaction ends; taken twice in one, it is kept.

    It is waited for at most ``patience`` seconds.

    PostgreSQL frees it with the transaction or the connection, whatever becomes of us, and a pooler
    that hands out connections by transaction keeps it whole. Raises ``UnreadableList`` with
    ``reader_busy`` when another transaction has it, and ``RuntimeError`` outside of one.
    """
    if not connection.in_atomic_block:
        raise RuntimeError("a turn lasts as long as its transaction")
    lock = Func(
        Value(LISTS | owner_id),
        function="pg_try_advisory_xact_lock",
        output_field=BooleanField(),
    )
    owners = get_user_model()._default_manager.filter(pk=owner_id)
    give_up = time.monotonic() + patience
    while not owners.values_list(lock, flat=True).get():
        if time.monotonic() >= give_up:
            raise UnreadableList("reader_busy")
        time.sleep(LOOK_AGAIN)
