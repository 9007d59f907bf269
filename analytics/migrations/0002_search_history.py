from __future__ import annotations

from django.db import migrations

from discovery.migrations._adoption import AdoptOrCreateTables


class Migration(migrations.Migration):
    """The history of searches: adopted where a live database already holds it, else created."""

    initial = True

    dependencies = [
        ("analytics", "0001_search_history_can_be_adopted"),
        ("discovery", "0001_caches"),  # by then they have been checked as well
    ]

    operations = [AdoptOrCreateTables(["SearchHistory"])]
