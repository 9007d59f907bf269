"""Failed attempts are counted here, in several ways; and what ended somebody's access is dated."""

from __future__ import annotations

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
        ("discovery", "0024_queue_worker"),
    ]

    operations = [
        migrations.CreateModel(
            name="FailedAttempt",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("key", models.CharField(max_length=32)),
                ("at", models.DateTimeField()),
            ],
            options={
                "db_table": "failed_attempt",
                "indexes": [
                    models.Index(fields=["key", "at"], name="failed_attempt_key"),
                    models.Index(fields=["at"], name="failed_attempt_at"),
                ],
            },
        ),
        migrations.CreateModel(
            name="AccessEnd",
            fields=[
                (
                    "user",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="+",
                        serialize=False,
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                ("ended_at", models.DateTimeField()),
            ],
            options={"db_table": "access_end"},
        ),
    ]
