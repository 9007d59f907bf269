from __future__ import annotations

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("discovery", "0003_own_tables")]

    operations = [
        migrations.AddField(
            model_name="niche",
            name="archived_at",
            field=models.DateTimeField(blank=True, null=True, verbose_name="archived"),
        ),
        migrations.AddField(
            model_name="niche",
            name="deleted_at",
            field=models.DateTimeField(
                blank=True,
                help_text="It can be brought back for some days.",
                null=True,
                verbose_name="deleted",
            ),
        ),
    ]
