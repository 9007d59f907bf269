"""A niche or a run is its owner's own, until its owner shares it with the team."""

from __future__ import annotations

from django.db import migrations, models

HELP = "Everybody of the site may read it; only its owner may change it."


def _shared() -> models.BooleanField[bool, bool]:
    return models.BooleanField(
        db_default=False, default=False, help_text=HELP, verbose_name="shared with the team"
    )


class Migration(migrations.Migration):
    dependencies = [
        ("discovery", "0030_purchases_of_decisions"),
    ]

    operations = [
        migrations.AddField(model_name="niche", name="shared", field=_shared()),
        migrations.AddField(model_name="run", name="shared", field=_shared()),
        migrations.AlterField(
            model_name="run",
            name="name",
            field=models.CharField(
                blank=True,
                help_text=(
                    "Of a list, or of the niche of somebody else; a search has its own niche."
                ),
                max_length=120,
                verbose_name="name",
            ),
        ),
        migrations.AddIndex(
            model_name="niche",
            index=models.Index(
                condition=models.Q(("shared", True)),
                fields=["-created_at"],
                name="niche_shared_newest",
            ),
        ),
        migrations.AddIndex(
            model_name="run",
            index=models.Index(
                condition=models.Q(("shared", True)),
                fields=["kind", "-created_at"],
                name="run_shared_newest",
            ),
        ),
    ]
