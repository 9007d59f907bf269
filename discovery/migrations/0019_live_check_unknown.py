"""A look at the live offers may have learnt nothing. Undone, it says to look again: "changed"."""

from __future__ import annotations

from typing import Any

from django.db import migrations, models


def look_again(apps: Any, schema_editor: Any) -> None:
    """Turn the outcome that older code does not know into its nearest."""
    checks = apps.get_model("discovery", "LiveCheck").objects.using(schema_editor.connection.alias)
    checks.filter(outcome="unknown").update(outcome="changed")


class Migration(migrations.Migration):
    dependencies = [
        ("discovery", "0015_sessions_follow_the_backend"),
    ]

    operations = [
        migrations.AlterField(
            model_name="livecheck",
            name="outcome",
            field=models.CharField(
                choices=[
                    ("ok", "OK"),
                    ("changed", "changed"),
                    ("avoid", "avoid"),
                    ("unknown", "nothing learnt"),
                ],
                max_length=10,
                verbose_name="outcome",
            ),
        ),
        migrations.RunPython(migrations.RunPython.noop, look_again),
    ]
