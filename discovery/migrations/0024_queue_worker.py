"""Every process of the queue shows its signs of life in the database; runs know of interruptions.

So far a run that had failed at all counted as interrupted.
"""

from __future__ import annotations

import uuid
from typing import Any

from django.db import migrations, models


def attempts_were_interruptions(apps: Any, schema_editor: Any) -> None:
    """Runs under way keep what was known of them."""
    runs = apps.get_model("discovery", "Run").objects.using(schema_editor.connection.alias)
    under_way = runs.filter(state__in=("queued", "running", "waiting"), attempts__gt=0)
    under_way.update(interrupted=True)


class Migration(migrations.Migration):
    dependencies = [
        ("discovery", "0023_calls_asked_again"),
    ]

    operations = [
        migrations.CreateModel(
            name="QueueWorker",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=uuid.uuid4, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("host", models.CharField(max_length=255, verbose_name="machine")),
                ("pid", models.PositiveIntegerField(verbose_name="process")),
                ("started_at", models.DateTimeField(verbose_name="started")),
                ("beat_at", models.DateTimeField(verbose_name="last sign of life")),
                (
                    "task",
                    models.CharField(
                        blank=True,
                        help_text="Empty: it waits for one.",
                        max_length=100,
                        verbose_name="task",
                    ),
                ),
            ],
            options={
                "verbose_name": "queue worker",
                "verbose_name_plural": "queue workers",
                "db_table": "queue_worker",
                "ordering": ("-beat_at",),
            },
        ),
        migrations.AddField(
            model_name="run",
            name="interrupted",
            field=models.BooleanField(
                db_default=False, default=False, verbose_name="interrupted in a batch"
            ),
        ),
        migrations.RunPython(attempts_were_interruptions, migrations.RunPython.noop),
    ]
