"""A session names the class that signed its user in, and ends when there is no such class: the
class has moved, and everybody stays signed in.
"""

from __future__ import annotations

from typing import Any

from django.contrib.auth import BACKEND_SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore
from django.db import migrations
from django.utils import timezone

BEFORE, AFTER = "discovery.backends.RoleBackend", "discovery.accounts.backends.RoleBackend"


def rename(apps: Any, schema_editor: Any, *, old: str = BEFORE, new: str = AFTER) -> None:
    store = SessionStore()  # only to read and write what a row holds
    sessions = apps.get_model("sessions", "Session").objects.using(schema_editor.connection.alias)
    for session in sessions.filter(expire_date__gt=timezone.now()).iterator():
        data = store.decode(session.session_data)
        if data.get(BACKEND_SESSION_KEY) == old:
            session.session_data = store.encode(data | {BACKEND_SESSION_KEY: new})
            session.save(update_fields=["session_data"])


def rename_back(apps: Any, schema_editor: Any) -> None:
    rename(apps, schema_editor, old=AFTER, new=BEFORE)


class Migration(migrations.Migration):
    dependencies = [
        ("discovery", "0014_lists_have_no_tables"),
        ("sessions", "0001_initial"),
    ]

    operations = [migrations.RunPython(rename, rename_back)]
