"""A live check keeps which used copy it was for: one of the listing, or how good one elsewhere."""

from __future__ import annotations

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("discovery", "0020_one_code_several_products"),
    ]

    operations = [
        migrations.AddField(
            model_name="livecheck",
            name="grade",
            field=models.CharField(
                blank=True,
                default="",
                help_text="Which used copy it was for; empty: noted before there was a choice.",
                max_length=10,
                verbose_name="grade of the copy",
            ),
        ),
    ]
