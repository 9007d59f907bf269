"""The ledger tells which call makes an earlier one, whose answer was lost, again."""

from __future__ import annotations

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("discovery", "0022_products_gone")]

    operations = [
        migrations.AddField(
            "tokenreservation",
            "repeats",
            models.BigIntegerField(null=True, verbose_name="asks again"),
        ),
        migrations.AddField(
            "tokenledgerentry",
            "repeats",
            models.BigIntegerField(
                help_text="The number of the call without an answer that this one makes again.",
                null=True,
                verbose_name="asks again",
            ),
        ),
    ]
