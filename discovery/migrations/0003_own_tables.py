from __future__ import annotations

import uuid

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    """Everything besides the adopted caches: tokens, products, niches, searches, profiles."""

    dependencies = [
        ("discovery", "0002_marketplace_of_adopted_rows"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="DiscoveryLease",
            fields=[
                ("cache_key", models.CharField(max_length=255, primary_key=True, serialize=False)),
                ("holder", models.UUIDField()),
                ("expires_at", models.DateTimeField()),
                (
                    "failure",
                    models.JSONField(
                        help_text="Why the winner failed, for those who waited for its answer.",
                        null=True,
                    ),
                ),
            ],
            options={
                "db_table": "discovery_lease",
            },
        ),
        migrations.CreateModel(
            name="TokenReservation",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "account",
                    models.CharField(editable=False, max_length=16, verbose_name="account"),
                ),
                ("purpose", models.CharField(max_length=20, verbose_name="purpose")),
                ("endpoint", models.CharField(max_length=20, verbose_name="endpoint")),
                (
                    "marketplace",
                    models.CharField(blank=True, max_length=8, verbose_name="marketplace"),
                ),
                ("items", models.PositiveIntegerField(default=0, verbose_name="items")),
                ("cost", models.IntegerField(verbose_name="worst cost")),
                ("started_at", models.DateTimeField(verbose_name="started")),
                ("expires_at", models.DateTimeField(verbose_name="lapses")),
                ("ended_after", models.BigIntegerField(null=True)),
                ("outcome", models.CharField(blank=True, max_length=20, verbose_name="outcome")),
                (
                    "http_status",
                    models.PositiveSmallIntegerField(null=True, verbose_name="HTTP status"),
                ),
                (
                    "duration_ms",
                    models.PositiveIntegerField(default=0, verbose_name="duration (ms)"),
                ),
                ("baseline_server_ms", models.BigIntegerField(null=True)),
                ("baseline_tokens_left", models.IntegerField(null=True)),
                ("baseline_ledger_id", models.BigIntegerField(null=True)),
            ],
            options={
                "verbose_name": "token reservation",
                "verbose_name_plural": "token reservations",
                "db_table": "keepa_token_reservation",
            },
        ),
        migrations.CreateModel(
            name="ApiToken",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("name", models.CharField(blank=True, max_length=80, verbose_name="name")),
                (
                    "prefix",
                    models.CharField(
                        help_text="To recognise it in a list.",
                        max_length=12,
                        verbose_name="starts with",
                    ),
                ),
                (
                    "token_hash",
                    models.CharField(
                        max_length=64, unique=True, verbose_name="SHA-256 of the token"
                    ),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="created")),
                (
                    "last_used_at",
                    models.DateTimeField(blank=True, null=True, verbose_name="last used"),
                ),
                ("revoked_at", models.DateTimeField(blank=True, null=True, verbose_name="revoked")),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="api_tokens",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="user",
                    ),
                ),
            ],
            options={
                "verbose_name": "API token",
                "verbose_name_plural": "API tokens",
                "db_table": "api_token",
                "ordering": ("-created_at",),
            },
        ),
        migrations.CreateModel(
            name="BusinessProfile",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("slug", models.SlugField(max_length=60, unique=True, verbose_name="slug")),
                ("name", models.CharField(max_length=80, verbose_name="name")),
                (
                    "description",
                    models.CharField(blank=True, max_length=300, verbose_name="description"),
                ),
                ("settings", models.JSONField(blank=True, default=dict, verbose_name="settings")),
                (
                    "revision",
                    models.PositiveIntegerField(default=1, editable=False, verbose_name="revision"),
                ),
                ("is_default", models.BooleanField(default=False, verbose_name="default profile")),
                ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="created")),
                ("updated_at", models.DateTimeField(auto_now=True, verbose_name="updated")),
                (
                    "owner",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="business_profiles",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="owner",
                    ),
                ),
            ],
            options={
                "verbose_name": "business profile",
                "verbose_name_plural": "business profiles",
                "db_table": "business_profile",
                "ordering": ("pk",),
            },
        ),
        migrations.CreateModel(
            name="BusinessProfileRevision",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("number", models.PositiveIntegerField(verbose_name="number")),
                ("settings", models.JSONField(verbose_name="settings")),
                ("saved_at", models.DateTimeField(auto_now_add=True, verbose_name="saved")),
                (
                    "profile",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="history",
                        to="discovery.businessprofile",
                        verbose_name="profile",
                    ),
                ),
                (
                    "saved_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="saved by",
                    ),
                ),
            ],
            options={
                "verbose_name": "profile revision",
                "verbose_name_plural": "profile revisions",
                "db_table": "business_profile_revision",
                "ordering": ("-number",),
            },
        ),
        migrations.CreateModel(
            name="KeepaCategory",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("marketplace", models.CharField(max_length=8, verbose_name="marketplace")),
                ("category_id", models.BigIntegerField(verbose_name="category")),
                ("name", models.CharField(max_length=300, verbose_name="name")),
                ("parent_id", models.BigIntegerField(blank=True, null=True, verbose_name="parent")),
                ("is_root", models.BooleanField(default=False, verbose_name="root category")),
                ("fetched_at", models.DateTimeField(verbose_name="fetched")),
            ],
            options={
                "verbose_name": "Keepa category",
                "verbose_name_plural": "Keepa categories",
                "db_table": "keepa_category",
                "ordering": ("marketplace", "name"),
                "constraints": [
                    models.UniqueConstraint(
                        fields=("marketplace", "category_id"), name="keepa_category_identity"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="KeepaProduct",
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
                (
                    "facts",
                    models.JSONField(
                        help_text="What the scoring engine reads.", verbose_name="facts"
                    ),
                ),
                (
                    "finder_values",
                    models.JSONField(
                        help_text="What Product Finder conditions are tested against.",
                        verbose_name="finder values",
                    ),
                ),
                (
                    "history",
                    models.JSONField(
                        help_text="The series the charts are drawn from.", verbose_name="history"
                    ),
                ),
                (
                    "has_buy_box",
                    models.BooleanField(
                        help_text="Fetched with Buy Box series (3 tokens instead of 1).",
                        verbose_name="Buy Box detail",
                    ),
                ),
                (
                    "is_usable",
                    models.BooleanField(
                        default=True,
                        help_text="False when the ASIN is dead or has no data.",
                        verbose_name="usable",
                    ),
                ),
                ("tokens_spent", models.IntegerField(default=0, verbose_name="tokens spent")),
                ("fetched_at", models.DateTimeField(verbose_name="fetched")),
            ],
            options={
                "verbose_name": "Keepa product",
                "verbose_name_plural": "Keepa products",
                "db_table": "keepa_product",
                "indexes": [models.Index(fields=["fetched_at"], name="keepa_product_fetched")],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("marketplace", "asin"), name="keepa_product_identity"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Niche",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("name", models.CharField(max_length=120, verbose_name="name")),
                ("marketplace", models.CharField(max_length=8, verbose_name="marketplace")),
                (
                    "filters",
                    models.JSONField(
                        help_text="Canonical Product Finder conditions.", verbose_name="filters"
                    ),
                ),
                (
                    "max_results",
                    models.PositiveSmallIntegerField(default=50, verbose_name="products to score"),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="created")),
                ("updated_at", models.DateTimeField(auto_now=True, verbose_name="updated")),
                (
                    "owner",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="niches",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="owner",
                    ),
                ),
                (
                    "profile",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="niches",
                        to="discovery.businessprofile",
                        verbose_name="profile",
                    ),
                ),
            ],
            options={
                "verbose_name": "niche",
                "verbose_name_plural": "niches",
                "db_table": "niche",
                "ordering": ("-created_at",),
            },
        ),
        migrations.CreateModel(
            name="ProductCode",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("marketplace", models.CharField(max_length=8, verbose_name="marketplace")),
                ("code", models.CharField(max_length=20, verbose_name="code")),
                ("asin", models.CharField(blank=True, max_length=20, verbose_name="ASIN")),
                ("resolved_at", models.DateTimeField(verbose_name="resolved")),
            ],
            options={
                "verbose_name": "product code",
                "verbose_name_plural": "product codes",
                "db_table": "keepa_product_code",
                "constraints": [
                    models.UniqueConstraint(
                        fields=("marketplace", "code"), name="keepa_product_code_identity"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="SearchRun",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=uuid.uuid4, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("filters", models.JSONField(verbose_name="filters")),
                ("max_results", models.PositiveSmallIntegerField(verbose_name="products to score")),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("queued", "queued"),
                            ("running", "running"),
                            ("done", "done"),
                            ("failed", "failed"),
                            ("cancelled", "cancelled"),
                        ],
                        default="queued",
                        max_length=12,
                        verbose_name="state",
                    ),
                ),
                ("found", models.PositiveIntegerField(default=0, verbose_name="found")),
                ("fetched", models.PositiveIntegerField(default=0, verbose_name="fetched")),
                ("scored", models.PositiveIntegerField(default=0, verbose_name="scored")),
                ("wanted", models.PositiveIntegerField(default=0, verbose_name="wanted")),
                ("tokens_spent", models.IntegerField(default=0, verbose_name="tokens spent")),
                ("tokens_saved", models.IntegerField(default=0, verbose_name="tokens saved")),
                (
                    "cancel_requested",
                    models.BooleanField(default=False, verbose_name="cancel requested"),
                ),
                (
                    "outcome",
                    models.JSONField(
                        help_text="Score keys and metadata of the finished search.",
                        null=True,
                        verbose_name="outcome",
                    ),
                ),
                ("failure", models.JSONField(null=True, verbose_name="failure")),
                ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="created")),
                ("started_at", models.DateTimeField(null=True, verbose_name="started")),
                (
                    "progressed_at",
                    models.DateTimeField(null=True, verbose_name="last sign of life"),
                ),
                ("finished_at", models.DateTimeField(null=True, verbose_name="finished")),
                (
                    "niche",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="runs",
                        to="discovery.niche",
                        verbose_name="niche",
                    ),
                ),
                (
                    "owner",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="search_runs",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="owner",
                    ),
                ),
                (
                    "profile",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to="discovery.businessprofile",
                        verbose_name="profile",
                    ),
                ),
            ],
            options={
                "verbose_name": "search run",
                "verbose_name_plural": "search runs",
                "db_table": "search_run",
                "ordering": ("-created_at",),
            },
        ),
        migrations.CreateModel(
            name="SearchResult",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("position", models.PositiveIntegerField(verbose_name="position")),
                ("asin", models.CharField(max_length=20, verbose_name="ASIN")),
                ("title", models.CharField(blank=True, max_length=500, verbose_name="title")),
                ("verdict", models.CharField(max_length=20, verbose_name="verdict")),
                (
                    "price",
                    models.DecimalField(
                        decimal_places=2, max_digits=12, null=True, verbose_name="price"
                    ),
                ),
                (
                    "max_cost",
                    models.DecimalField(
                        decimal_places=2, max_digits=12, null=True, verbose_name="maximum buy price"
                    ),
                ),
                (
                    "profit",
                    models.DecimalField(
                        decimal_places=2, max_digits=12, null=True, verbose_name="profit"
                    ),
                ),
                ("roi_percent", models.FloatField(null=True, verbose_name="ROI %")),
                ("velocity_score", models.FloatField(verbose_name="velocity")),
                ("bsr", models.IntegerField(null=True, verbose_name="BSR")),
                ("breakdown", models.JSONField(verbose_name="breakdown")),
                (
                    "run",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="results",
                        to="discovery.searchrun",
                        verbose_name="run",
                    ),
                ),
            ],
            options={
                "verbose_name": "search result",
                "verbose_name_plural": "search results",
                "db_table": "search_result",
                "ordering": ("position",),
            },
        ),
        migrations.CreateModel(
            name="TokenBucket",
            fields=[
                (
                    "id",
                    models.SmallIntegerField(
                        default=1, editable=False, primary_key=True, serialize=False
                    ),
                ),
                (
                    "account",
                    models.CharField(editable=False, max_length=16, verbose_name="account"),
                ),
                ("tokens_left", models.IntegerField(verbose_name="tokens left")),
                ("refill_rate", models.IntegerField(verbose_name="tokens per minute")),
                ("refill_in_ms", models.IntegerField(verbose_name="next refill in (ms)")),
                (
                    "flow_reduction",
                    models.FloatField(default=0, verbose_name="token flow reduction"),
                ),
                ("server_ms", models.BigIntegerField(verbose_name="Keepa's clock (ms)")),
                ("received_at", models.DateTimeField(verbose_name="received")),
                ("ledger_id", models.BigIntegerField(verbose_name="told by ledger entry")),
            ],
            options={
                "verbose_name": "token bucket",
                "verbose_name_plural": "token bucket",
                "db_table": "keepa_token_bucket",
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("id", 1)), name="keepa_token_bucket_one_row"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="TokenLedgerEntry",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "call_id",
                    models.BigIntegerField(editable=False, unique=True, verbose_name="call"),
                ),
                (
                    "account",
                    models.CharField(editable=False, max_length=16, verbose_name="account"),
                ),
                ("endpoint", models.CharField(max_length=20, verbose_name="endpoint")),
                (
                    "marketplace",
                    models.CharField(blank=True, max_length=8, verbose_name="marketplace"),
                ),
                ("purpose", models.CharField(max_length=20, verbose_name="purpose")),
                ("items", models.PositiveIntegerField(default=0, verbose_name="items")),
                ("tokens_consumed", models.IntegerField(verbose_name="tokens consumed")),
                ("tokens_left", models.IntegerField(null=True, verbose_name="tokens left")),
                ("refill_rate", models.IntegerField(null=True, verbose_name="tokens per minute")),
                (
                    "refill_in_ms",
                    models.IntegerField(null=True, verbose_name="next refill in (ms)"),
                ),
                ("server_ms", models.BigIntegerField(null=True, verbose_name="Keepa's clock (ms)")),
                ("duration_ms", models.PositiveIntegerField(verbose_name="duration (ms)")),
                (
                    "outcome",
                    models.CharField(
                        choices=[
                            ("ok", "answered"),
                            ("refused", "refused"),
                            ("exhausted", "out of tokens"),
                            ("server_error", "server error"),
                            ("garbled", "unreadable answer"),
                            ("unreachable", "unreachable"),
                            ("timeout", "timeout"),
                            ("reconciled", "lost, cost reconciled"),
                            ("estimated", "lost, cost estimated"),
                        ],
                        max_length=20,
                        verbose_name="outcome",
                    ),
                ),
                (
                    "http_status",
                    models.PositiveSmallIntegerField(null=True, verbose_name="HTTP status"),
                ),
                ("created_at", models.DateTimeField(verbose_name="created")),
            ],
            options={
                "verbose_name": "token ledger entry",
                "verbose_name_plural": "token ledger",
                "db_table": "keepa_token_ledger",
                "ordering": ("-created_at", "-id"),
                "indexes": [
                    models.Index(fields=["created_at"], name="keepa_ledger_created"),
                    models.Index(fields=["account", "server_ms"], name="keepa_ledger_clock"),
                ],
            },
        ),
        migrations.AddConstraint(
            model_name="businessprofile",
            constraint=models.UniqueConstraint(
                condition=models.Q(("is_default", True)),
                fields=("is_default",),
                name="business_profile_one_default",
            ),
        ),
        migrations.AddConstraint(
            model_name="businessprofilerevision",
            constraint=models.UniqueConstraint(
                fields=("profile", "number"), name="business_profile_revision_number"
            ),
        ),
        migrations.AddIndex(
            model_name="niche",
            index=models.Index(fields=["owner", "-created_at"], name="niche_owner_newest"),
        ),
        migrations.AddIndex(
            model_name="searchrun",
            index=models.Index(fields=["owner", "-created_at"], name="search_run_owner_newest"),
        ),
        migrations.AddConstraint(
            model_name="searchresult",
            constraint=models.UniqueConstraint(
                fields=("run", "position"), name="search_result_position"
            ),
        ),
    ]
