"""Several entries of a cache are called entries. No table changes."""

from __future__ import annotations

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = (("discovery", "0027_product_costs"),)

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
    )
