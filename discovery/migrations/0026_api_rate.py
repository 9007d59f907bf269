"""How many requests the API answered to whom; not logged, so that counting waits for no disk."""

from __future__ import annotations

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("discovery", "0025_failed_attempts"),
    ]

    operations = [
        migrations.CreateModel(
            name="ApiRate",
            fields=[
                ("key", models.CharField(max_length=80, primary_key=True, serialize=False)),
                ("started_at", models.DateTimeField()),
                ("requests", models.IntegerField()),
            ],
            options={
                "db_table": "api_rate",
            },
        ),
        migrations.RunSQL("ALTER TABLE api_rate SET UNLOGGED", migrations.RunSQL.noop),
    ]
