"""A product keeps when Keepa had nothing on it any more, so that nobody pays to hear it again."""

from __future__ import annotations

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("discovery", "0021_live_check_grade"),
    ]

    operations = [
        migrations.AddField(
            model_name="keepaproduct",
            name="gone_at",
            field=models.DateTimeField(
                blank=True,
                help_text="When Keepa, asked for the Buy Box, had nothing on it any more.",
                null=True,
                verbose_name="gone",
            ),
        ),
    ]
