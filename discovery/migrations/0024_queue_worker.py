"""Every process of the task queue shows its signs of life in the database."""

from __future__ import annotations

import uuid

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("discovery", "0021_live_check_grade"),
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
    ]
