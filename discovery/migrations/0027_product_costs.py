"""What a product costs its user is kept in one place; what a user chose about the site in another."""

from __future__ import annotations

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("discovery", "0026_api_rate"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Preferences",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "marketplace",
                    models.CharField(
                        blank=True, default="", max_length=8, verbose_name="marketplace"
                    ),
                ),
                (
                    "table",
                    models.JSONField(
                        blank=True,
                        default=dict,
                        help_text="Columns, their order, density.",
                        verbose_name="table",
                    ),
                ),
                (
                    "sourcing_links",
                    models.JSONField(blank=True, default=list, verbose_name="sourcing links"),
                ),
                (
                    "introduced_at",
                    models.DateTimeField(
                        blank=True, null=True, verbose_name="first questions answered"
                    ),
                ),
                (
                    "profile",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to="discovery.businessprofile",
                        verbose_name="profile",
                    ),
                ),
                (
                    "user",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="preferences",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="user",
                    ),
                ),
            ],
            options={
                "verbose_name": "preferences",
                "verbose_name_plural": "preferences",
                "db_table": "preferences",
            },
        ),
        migrations.CreateModel(
            name="ProductCost",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("marketplace", models.CharField(max_length=8, verbose_name="marketplace")),
                ("asin", models.CharField(max_length=20, verbose_name="ASIN")),
                ("cost", models.DecimalField(decimal_places=4, max_digits=12, verbose_name="cost")),
                (
                    "cost_vat",
                    models.CharField(
                        choices=[("incl", "incl. VAT"), ("excl", "excl. VAT")],
                        max_length=4,
                        verbose_name="VAT of the cost",
                    ),
                ),
                (
                    "source",
                    models.CharField(
                        choices=[
                            ("typed", "typed"),
                            ("bought", "bought"),
                            ("api", "API"),
                            ("list", "list"),
                        ],
                        max_length=8,
                        verbose_name="source",
                    ),
                ),
                ("stated_at", models.DateTimeField(verbose_name="stated")),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="product_costs",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="user",
                    ),
                ),
            ],
            options={
                "verbose_name": "cost of a product",
                "verbose_name_plural": "costs of products",
                "db_table": "product_cost",
                "ordering": ("-stated_at",),
                "constraints": [
                    models.UniqueConstraint(
                        fields=("user", "marketplace", "asin"), name="product_cost_once"
                    )
                ],
            },
        ),
    ]
