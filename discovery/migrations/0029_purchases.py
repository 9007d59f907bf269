"""What was bought and sold, and the file of purchases a user has just given."""

from __future__ import annotations

import uuid

import django.core.validators
import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("discovery", "0028_dense_tables"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Purchase",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("marketplace", models.CharField(max_length=8, verbose_name="marketplace")),
                ("asin", models.CharField(max_length=20, verbose_name="ASIN")),
                ("title", models.CharField(blank=True, max_length=500, verbose_name="title")),
                ("bought_on", models.DateField(verbose_name="bought on")),
                ("place", models.CharField(blank=True, max_length=120, verbose_name="where")),
                (
                    "unit_cost",
                    models.DecimalField(decimal_places=4, max_digits=12, verbose_name="unit cost"),
                ),
                (
                    "cost_vat",
                    models.CharField(
                        choices=[("incl", "incl. VAT"), ("excl", "excl. VAT")],
                        max_length=4,
                        verbose_name="VAT of the cost",
                    ),
                ),
                (
                    "quantity",
                    models.PositiveIntegerField(
                        validators=[django.core.validators.MinValueValidator(1)],
                        verbose_name="quantity",
                    ),
                ),
                ("note", models.CharField(blank=True, max_length=500, verbose_name="note")),
                (
                    "cost_paid",
                    models.DecimalField(
                        decimal_places=4, max_digits=14, verbose_name="paid a unit"
                    ),
                ),
                (
                    "cost_net",
                    models.DecimalField(
                        decimal_places=4,
                        help_text="Less the VAT that is recovered.",
                        max_digits=14,
                        verbose_name="net cost a unit",
                    ),
                ),
                ("vat_regime", models.CharField(max_length=10, verbose_name="VAT regime")),
                (
                    "sale_vat_percent",
                    models.DecimalField(
                        decimal_places=3, max_digits=7, verbose_name="VAT rate of the sale"
                    ),
                ),
                (
                    "purchase_vat_percent",
                    models.DecimalField(
                        decimal_places=3, max_digits=7, verbose_name="VAT rate of the purchase"
                    ),
                ),
                (
                    "score",
                    models.JSONField(
                        blank=True,
                        editable=False,
                        help_text="Empty: nothing was known of the product, or it was told later.",
                        null=True,
                        verbose_name="score at the purchase",
                    ),
                ),
                ("verdict", models.CharField(blank=True, max_length=20, verbose_name="verdict")),
                (
                    "roi_percent",
                    models.DecimalField(
                        blank=True, decimal_places=2, max_digits=16, null=True, verbose_name="ROI"
                    ),
                ),
                (
                    "expected_profit",
                    models.DecimalField(
                        blank=True,
                        decimal_places=2,
                        max_digits=12,
                        null=True,
                        verbose_name="expected profit a unit",
                    ),
                ),
                (
                    "engine_version",
                    models.CharField(blank=True, max_length=20, verbose_name="engine version"),
                ),
                (
                    "profile_slug",
                    models.CharField(blank=True, max_length=60, verbose_name="profile"),
                ),
                (
                    "profile_revision",
                    models.PositiveIntegerField(blank=True, null=True, verbose_name="revision"),
                ),
                (
                    "reference",
                    models.UUIDField(default=uuid.uuid4, editable=False, verbose_name="reference"),
                ),
                (
                    "created_at",
                    models.DateTimeField(
                        default=django.utils.timezone.now, editable=False, verbose_name="created"
                    ),
                ),
                (
                    "decision",
                    models.OneToOneField(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="purchase",
                        to="discovery.productdecision",
                        verbose_name="product decision",
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="purchases",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="user",
                    ),
                ),
            ],
            options={
                "verbose_name": "purchase",
                "verbose_name_plural": "purchases",
                "db_table": "purchase",
                "ordering": ("-bought_on", "-pk"),
            },
        ),
        migrations.CreateModel(
            name="PurchaseFile",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("name", models.CharField(max_length=200, verbose_name="name")),
                ("marketplace", models.CharField(max_length=8, verbose_name="marketplace")),
                ("rows", models.JSONField(verbose_name="lines")),
                ("given_at", models.DateTimeField(verbose_name="given")),
                (
                    "user",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="purchase_file",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="user",
                    ),
                ),
            ],
            options={
                "verbose_name": "file of purchases",
                "verbose_name_plural": "files of purchases",
                "db_table": "purchase_file",
            },
        ),
        migrations.CreateModel(
            name="Sale",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("sold_on", models.DateField(verbose_name="sold on")),
                (
                    "quantity",
                    models.PositiveIntegerField(
                        validators=[django.core.validators.MinValueValidator(1)],
                        verbose_name="quantity",
                    ),
                ),
                (
                    "price",
                    models.DecimalField(
                        decimal_places=4, max_digits=12, verbose_name="price a unit"
                    ),
                ),
                (
                    "received",
                    models.DecimalField(
                        blank=True,
                        decimal_places=4,
                        max_digits=12,
                        null=True,
                        verbose_name="received a unit",
                    ),
                ),
                (
                    "is_estimated",
                    models.BooleanField(
                        default=False,
                        help_text="What is received was worked out, not stated.",
                        verbose_name="estimated",
                    ),
                ),
                (
                    "vat_due",
                    models.DecimalField(
                        decimal_places=4, max_digits=14, verbose_name="VAT owed a unit"
                    ),
                ),
                ("note", models.CharField(blank=True, max_length=500, verbose_name="note")),
                (
                    "reference",
                    models.UUIDField(default=uuid.uuid4, editable=False, verbose_name="reference"),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="created")),
                (
                    "purchase",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="sales",
                        to="discovery.purchase",
                        verbose_name="purchase",
                    ),
                ),
            ],
            options={
                "verbose_name": "sale",
                "verbose_name_plural": "sales",
                "db_table": "sale",
                "ordering": ("-sold_on", "-pk"),
            },
        ),
        migrations.AddIndex(
            model_name="purchase",
            index=models.Index(fields=["user", "-bought_on"], name="purchase_newest"),
        ),
        migrations.AddIndex(
            model_name="purchase",
            index=models.Index(fields=["user", "marketplace", "asin"], name="purchase_of_product"),
        ),
        migrations.AddConstraint(
            model_name="purchase",
            constraint=models.UniqueConstraint(fields=("user", "reference"), name="purchase_once"),
        ),
        migrations.AddConstraint(
            model_name="purchase",
            constraint=models.CheckConstraint(
                condition=models.Q(("quantity__gte", 1), ("unit_cost__gt", 0)),
                name="purchase_of_something",
            ),
        ),
        migrations.AddIndex(
            model_name="sale",
            index=models.Index(fields=["sold_on"], name="sale_by_day"),
        ),
        migrations.AddConstraint(
            model_name="sale",
            constraint=models.UniqueConstraint(fields=("purchase", "reference"), name="sale_once"),
        ),
        migrations.AddConstraint(
            model_name="sale",
            constraint=models.CheckConstraint(
                condition=models.Q(("quantity__gte", 1), ("price__gt", 0)), name="sale_of_something"
            ),
        ),
    ]
