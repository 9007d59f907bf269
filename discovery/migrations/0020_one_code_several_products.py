"""A code may stand for several products, and a user says which; a UPC is kept as its EAN.

Codes known so far were asked for one product each: their ``limit`` of 1 has them asked again the
next time they are met.
"""

from __future__ import annotations

from typing import Any

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models
from django.db.models import Value
from django.db.models.functions import Concat, Length


def upcs_become_eans(apps: Any, schema_editor: Any) -> None:
    alias = schema_editor.connection.alias
    codes = apps.get_model("discovery", "ProductCode").objects.using(alias)
    upcs = codes.annotate(digits=Length("code")).filter(digits=12)
    for upc in upcs.iterator():
        if codes.filter(marketplace=upc.marketplace, code=f"0{upc.code}").exists():
            upc.delete()
    upcs.update(code=Concat(Value("0"), "code"))


class Migration(migrations.Migration):
    dependencies = [
        ("discovery", "0019_profile_occasion"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name="productcode",
            name="candidates",
            field=models.JSONField(
                default=list,
                help_text="The products of this code, the best first.",
                verbose_name="candidates",
            ),
        ),
        migrations.AddField(
            model_name="productcode",
            name="limit",
            field=models.PositiveSmallIntegerField(
                default=1,
                help_text="Products asked for at most: with as many candidates there may be more.",
                verbose_name="most asked for",
            ),
        ),
        migrations.AddField(
            model_name="runline",
            name="candidates",
            field=models.JSONField(
                default=list,
                help_text="The products of its code, the best first.",
                verbose_name="candidates",
            ),
        ),
        migrations.AddField(
            model_name="runline",
            name="cost_units",
            field=models.PositiveIntegerField(
                help_text="Empty: nobody has said.", null=True, verbose_name="units the cost is for"
            ),
        ),
        migrations.AddField(
            model_name="runline",
            name="is_chosen",
            field=models.BooleanField(
                default=False,
                help_text="Its product was chosen by the owner.",
                verbose_name="chosen",
            ),
        ),
        migrations.AddField(
            model_name="runline",
            name="lots",
            field=models.PositiveIntegerField(
                help_text="What the quantity makes where units are sold in lots.",
                null=True,
                verbose_name="lots",
            ),
        ),
        migrations.AddField(
            model_name="runline",
            name="parts",
            field=models.JSONField(
                default=list,
                help_text="Lines that turned out to be one product.",
                verbose_name="merged lines",
            ),
        ),
        migrations.CreateModel(
            name="CodeChoice",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("marketplace", models.CharField(max_length=8, verbose_name="marketplace")),
                (
                    "code",
                    models.CharField(
                        help_text="A code, or an ASIN.", max_length=20, verbose_name="code"
                    ),
                ),
                ("asin", models.CharField(max_length=20, verbose_name="ASIN")),
                (
                    "cost_units",
                    models.PositiveIntegerField(
                        help_text="Empty: nobody has said.",
                        null=True,
                        verbose_name="units the cost is for",
                    ),
                ),
                ("chosen_at", models.DateTimeField(auto_now=True, verbose_name="chosen")),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="code_choices",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="user",
                    ),
                ),
            ],
            options={
                "verbose_name": "choice for a code",
                "verbose_name_plural": "choices for codes",
                "db_table": "code_choice",
                "constraints": [
                    models.UniqueConstraint(
                        fields=("user", "marketplace", "code"), name="code_choice_identity"
                    )
                ],
            },
        ),
        migrations.RunPython(upcs_become_eans, migrations.RunPython.noop),
    ]
