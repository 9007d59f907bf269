"""Runs and their lines gain what lists needed."""

import django.db.models.constraints
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("discovery", "0011_one_run"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AlterModelOptions(
            name="run",
            options={
                "ordering": ("-created_at",),
                "verbose_name": "run",
                "verbose_name_plural": "runs",
            },
        ),
        migrations.AlterModelOptions(
            name="runline",
            options={
                "ordering": ("position",),
                "verbose_name": "line of a run",
                "verbose_name_plural": "lines of runs",
            },
        ),
        migrations.RemoveConstraint(
            model_name="runline",
            name="search_result_position",
        ),
        migrations.RemoveIndex(
            model_name="run",
            name="search_run_owner_newest",
        ),
        migrations.AddField(
            model_name="run",
            name="attempts",
            field=models.PositiveSmallIntegerField(
                default=0,
                help_text="In a row, at the batch under way.",
                verbose_name="failed attempts",
            ),
        ),
        migrations.AddField(
            model_name="run",
            name="bad",
            field=models.PositiveIntegerField(default=0, verbose_name="bad lines"),
        ),
        migrations.AddField(
            model_name="run",
            name="columns",
            field=models.JSONField(
                default=dict,
                help_text="How the columns of the list were understood.",
                verbose_name="columns",
            ),
        ),
        migrations.AddField(
            model_name="run",
            name="done_before",
            field=models.PositiveIntegerField(
                default=0,
                help_text="The pace is counted from here",
                verbose_name="analysed before the last start",
            ),
        ),
        migrations.AddField(
            model_name="run",
            name="holder",
            field=models.UUIDField(editable=False, null=True, verbose_name="holder"),
        ),
        migrations.AddField(
            model_name="run",
            name="kind",
            field=models.CharField(
                choices=[("search", "search"), ("list", "list")],
                default="search",
                max_length=12,
                verbose_name="kind",
            ),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name="run",
            name="marketplace",
            field=models.CharField(default="us", max_length=8, verbose_name="marketplace"),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name="run",
            name="merged",
            field=models.PositiveIntegerField(default=0, verbose_name="merged lines"),
        ),
        migrations.AddField(
            model_name="run",
            name="name",
            field=models.CharField(
                blank=True,
                help_text="Of a list; a search has its niche.",
                max_length=120,
                verbose_name="name",
            ),
        ),
        migrations.AddField(
            model_name="run",
            name="profile_revision",
            field=models.PositiveIntegerField(default=0, verbose_name="profile revision"),
        ),
        migrations.AddField(
            model_name="run",
            name="profile_settings",
            field=models.JSONField(default=dict, verbose_name="profile settings"),
        ),
        migrations.AddField(
            model_name="run",
            name="resume_at",
            field=models.DateTimeField(null=True, verbose_name="goes on at"),
        ),
        migrations.AddField(
            model_name="run",
            name="told_saved",
            field=models.IntegerField(default=0, editable=False),
        ),
        migrations.AddField(
            model_name="run",
            name="told_spent",
            field=models.IntegerField(default=0, editable=False),
        ),
        migrations.AddField(
            model_name="run",
            name="worked_ms",
            field=models.PositiveBigIntegerField(default=0, verbose_name="working time (ms)"),
        ),
        migrations.AddField(
            model_name="runline",
            name="also",
            field=models.JSONField(default=list, verbose_name="merged line numbers"),
        ),
        migrations.AddField(
            model_name="runline",
            name="code",
            field=models.CharField(blank=True, max_length=20, verbose_name="code"),
        ),
        migrations.AddField(
            model_name="runline",
            name="cost",
            field=models.DecimalField(
                decimal_places=4, max_digits=12, null=True, verbose_name="cost"
            ),
        ),
        migrations.AddField(
            model_name="runline",
            name="landed_cost",
            field=models.DecimalField(
                decimal_places=4, max_digits=12, null=True, verbose_name="landed cost"
            ),
        ),
        migrations.AddField(
            model_name="runline",
            name="number",
            field=models.PositiveIntegerField(default=0, verbose_name="line number"),
        ),
        migrations.AddField(
            model_name="runline",
            name="quantity",
            field=models.PositiveIntegerField(null=True, verbose_name="quantity"),
        ),
        migrations.AddField(
            model_name="runline",
            name="rank_score",
            field=models.FloatField(null=True, verbose_name="rank"),
        ),
        migrations.AddField(
            model_name="runline",
            name="reason",
            field=models.CharField(blank=True, max_length=30, verbose_name="reason"),
        ),
        migrations.AddField(
            model_name="runline",
            name="restored",
            field=models.BooleanField(default=False, verbose_name="zeros put back"),
        ),
        migrations.AddField(
            model_name="runline",
            name="state",
            field=models.CharField(
                choices=[
                    ("pending", "to be analysed"),
                    ("scored", "analysed"),
                    ("unknown", "unknown to Amazon or Keepa"),
                    ("unreadable", "data could not be read"),
                    ("bad", "left out"),
                ],
                default="scored",
                max_length=12,
                verbose_name="state",
            ),
        ),
        migrations.AddField(
            model_name="runline",
            name="text",
            field=models.CharField(blank=True, max_length=80, verbose_name="as given"),
        ),
        migrations.AddField(
            model_name="runline",
            name="value",
            field=models.CharField(blank=True, max_length=80, verbose_name="value"),
        ),
        migrations.AlterField(
            model_name="run",
            name="done",
            field=models.PositiveIntegerField(default=0, verbose_name="analysed"),
        ),
        migrations.AlterField(
            model_name="run",
            name="filters",
            field=models.JSONField(
                default=dict, help_text="What a search asks for.", verbose_name="filters"
            ),
        ),
        migrations.AlterField(
            model_name="run",
            name="found",
            field=models.PositiveIntegerField(
                default=0,
                help_text="Products that answer the search, scored or not.",
                verbose_name="found",
            ),
        ),
        migrations.AlterField(
            model_name="run",
            name="max_results",
            field=models.PositiveSmallIntegerField(null=True, verbose_name="products to score"),
        ),
        migrations.AlterField(
            model_name="run",
            name="outcome",
            field=models.JSONField(
                help_text="Where the answer to a search came from.",
                null=True,
                verbose_name="outcome",
            ),
        ),
        migrations.AlterField(
            model_name="run",
            name="owner",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="runs",
                to=settings.AUTH_USER_MODEL,
                verbose_name="owner",
            ),
        ),
        migrations.AlterField(
            model_name="run",
            name="state",
            field=models.CharField(
                choices=[
                    ("draft", "to be confirmed"),
                    ("queued", "queued"),
                    ("running", "running"),
                    ("waiting", "waiting"),
                    ("done", "done"),
                    ("failed", "failed"),
                    ("cancelled", "cancelled"),
                ],
                default="queued",
                max_length=12,
                verbose_name="state",
            ),
        ),
        migrations.AlterField(
            model_name="run",
            name="total",
            field=models.PositiveIntegerField(default=0, verbose_name="products"),
        ),
        migrations.AlterField(
            model_name="runline",
            name="asin",
            field=models.CharField(blank=True, max_length=20, verbose_name="ASIN"),
        ),
        migrations.AlterField(
            model_name="runline",
            name="breakdown",
            field=models.JSONField(null=True, verbose_name="breakdown"),
        ),
        migrations.AlterField(
            model_name="runline",
            name="position",
            field=models.PositiveIntegerField(
                help_text="The rank of a search's product, the place in a list.",
                verbose_name="position",
            ),
        ),
        migrations.AlterField(
            model_name="runline",
            name="run",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="lines",
                to="discovery.run",
                verbose_name="run",
            ),
        ),
        migrations.AlterField(
            model_name="runline",
            name="velocity_score",
            field=models.FloatField(null=True, verbose_name="velocity"),
        ),
        migrations.AlterField(
            model_name="runline",
            name="verdict",
            field=models.CharField(blank=True, max_length=20, verbose_name="verdict"),
        ),
        migrations.AddIndex(
            model_name="run",
            index=models.Index(fields=["owner", "kind", "-created_at"], name="run_owner_newest"),
        ),
        migrations.AddIndex(
            model_name="run",
            index=models.Index(
                condition=models.Q(("state__in", ("queued", "running", "waiting"))),
                fields=["state", "progressed_at"],
                name="run_under_way",
            ),
        ),
        migrations.AddIndex(
            model_name="runline",
            index=models.Index(fields=["run", "state"], name="run_line_state"),
        ),
        migrations.AddConstraint(
            model_name="runline",
            constraint=models.UniqueConstraint(
                deferrable=django.db.models.constraints.Deferrable["IMMEDIATE"],
                fields=("run", "position"),
                name="run_line_position",
            ),
        ),
        # Rows of searches are scored; what is added from now on is still to be.
        migrations.AlterField(
            model_name="runline",
            name="state",
            field=models.CharField(
                choices=[
                    ("pending", "to be analysed"),
                    ("scored", "analysed"),
                    ("unknown", "unknown to Amazon or Keepa"),
                    ("unreadable", "data could not be read"),
                    ("bad", "left out"),
                ],
                default="pending",
                max_length=12,
                verbose_name="state",
            ),
        ),
    ]
