"""Costs say whether they hold VAT; a list keeps its source until it starts."""

import django.db.models.deletion
from django.db import migrations, models

BASES = [("incl", "incl. VAT"), ("excl", "excl. VAT")]


class Migration(migrations.Migration):
    dependencies = [
        ("discovery", "0015_sessions_follow_the_backend"),
    ]

    operations = [
        migrations.AddField(
            model_name="livecheck",
            name="cost_vat",
            field=models.CharField(
                choices=BASES, default="incl", max_length=4, verbose_name="VAT of the cost"
            ),
        ),
        migrations.AlterField(
            model_name="livecheck",
            name="cost",
            field=models.DecimalField(
                blank=True, decimal_places=4, max_digits=12, null=True, verbose_name="cost"
            ),
        ),
        migrations.AddField(
            model_name="productdecision",
            name="cost_vat",
            field=models.CharField(
                choices=BASES, default="incl", max_length=4, verbose_name="VAT of the price"
            ),
        ),
        migrations.AddField(
            model_name="runline",
            name="cost_given",
            field=models.CharField(
                blank=True,
                db_default="",
                default="",
                max_length=40,
                verbose_name="cost as given",
            ),
        ),
        # The lines there are were read as costs that hold VAT; new ones say it or leave it open.
        migrations.AddField(
            model_name="runline",
            name="cost_vat",
            field=models.CharField(
                choices=BASES, default="incl", max_length=4, verbose_name="VAT of the cost"
            ),
        ),
        migrations.AlterField(
            model_name="runline",
            name="cost_vat",
            field=models.CharField(
                blank=True,
                choices=BASES,
                db_default="",
                default="",
                help_text="Empty until the list starts: as its profile says.",
                max_length=4,
                verbose_name="VAT of the cost",
            ),
        ),
        migrations.AddField(
            model_name="runline",
            name="notes",
            field=models.JSONField(
                db_default=models.Value([], models.JSONField()),
                default=list,
                verbose_name="notes",
            ),
        ),
        migrations.AddField(
            model_name="runline",
            name="pack",
            field=models.PositiveIntegerField(
                help_text="The units that the cost as given was divided by.",
                null=True,
                verbose_name="pack",
            ),
        ),
        migrations.CreateModel(
            name="ListSource",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("content", models.BinaryField(verbose_name="content")),
                (
                    "is_text",
                    models.BooleanField(
                        help_text="Text that was pasted, in UTF-8; else a file as it was sent.",
                        verbose_name="pasted",
                    ),
                ),
                ("corrections", models.JSONField(default=dict, verbose_name="corrections")),
                ("reading", models.JSONField(default=dict, verbose_name="reading")),
                ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="created")),
                (
                    "run",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="source",
                        to="discovery.run",
                        verbose_name="run",
                    ),
                ),
            ],
            options={
                "verbose_name": "source of a list",
                "verbose_name_plural": "sources of lists",
                "db_table": "list_source",
            },
        ),
    ]
