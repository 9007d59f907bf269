from __future__ import annotations

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    """A user's latest searches without reading everybody else's; the live table stays writable."""

    atomic = False

    dependencies = [
        ("analytics", "0003_cache_alert"),
    ]

    operations = [
        AddIndexConcurrently(
            model_name="searchhistory",
            index=models.Index(
                fields=["user_id", "-created_at", "id"], name="idx_history_user_newest"
            ),
        ),
    ]
