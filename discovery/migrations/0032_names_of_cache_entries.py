"""Entries of a cache are called entries, and leases have a name. No table changes."""

from __future__ import annotations

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = (("discovery", "0031_shared_with_the_team"),)

    operations = (
        migrations.AlterModelOptions(
            name="discoverycacheentry",
            options={
                "verbose_name": "discovery cache entry",
                "verbose_name_plural": "discovery cache entries",
            },
        ),
        migrations.AlterModelOptions(
            name="scoringcacheentry",
            options={
                "verbose_name": "scoring cache entry",
                "verbose_name_plural": "scoring cache entries",
            },
        ),
        migrations.AlterModelOptions(
            name="discoverylease",
            options={
                "verbose_name": "question under way",
                "verbose_name_plural": "questions under way",
            },
        ),
        migrations.AlterField(
            model_name="discoverylease",
            name="cache_key",
            field=models.CharField(
                max_length=255, primary_key=True, serialize=False, verbose_name="cache key"
            ),
        ),
        migrations.AlterField(
            model_name="discoverylease",
            name="holder",
            field=models.UUIDField(verbose_name="holder"),
        ),
        migrations.AlterField(
            model_name="discoverylease",
            name="expires_at",
            field=models.DateTimeField(verbose_name="expires"),
        ),
        migrations.AlterField(
            model_name="discoverylease",
            name="failure",
            field=models.JSONField(
                help_text="Why the winner failed, for those who waited for its answer.",
                null=True,
                verbose_name="failure",
            ),
        ),
    )
