"""A search may have been asked by an agent; nothing changes in the table."""

from __future__ import annotations

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("analytics", "0006_rollups"),
    ]

    operations = [
        migrations.AlterField(
            model_name="searchhistory",
            name="source",
            field=models.CharField(
                blank=True,
                choices=[
                    ("frontend", "website"),
                    ("api", "API"),
                    ("manual", "command line"),
                    ("schedule", "schedule"),
                    ("mcp", "agent"),
                ],
                max_length=50,
                null=True,
                verbose_name="source",
            ),
        ),
    ]
