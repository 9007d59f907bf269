"""A line of the history names the run that keeps its answer; lines made before name none."""

from __future__ import annotations

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("analytics", "0004_history_newest_first"),
    ]

    operations = [
        migrations.AddField(
            model_name="searchhistory",
            name="run_id",
            field=models.UUIDField(
                blank=True,
                help_text="The answer that was kept; it may have been deleted since.",
                null=True,
                verbose_name="run",
            ),
        ),
    ]
