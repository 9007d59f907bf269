"""Lines of runs say what is to be sourced, and whether the Buy Box was bought."""

from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps
from django.db.models import DecimalField, Exists, FloatField, OuterRef
from django.db.models.fields.json import KT
from django.db.models.functions import Cast

ASSUMED = {"state": "scored", "breakdown__score__hypothetical": True}


def read_from_breakdowns(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """An assumed cost stands no longer for a known one: its profit and ROI leave the columns."""
    lines = apps.get_model("discovery", "RunLine").objects
    lines.filter(verdict="CONSIDER", max_cost__gt=0, **ASSUMED).update(sourcing=True)
    lines.filter(**ASSUMED).update(profit=None, roi_percent=None)
    products = apps.get_model("discovery", "KeepaProduct").objects
    never_bought = products.filter(
        asin=OuterRef("asin"), marketplace=OuterRef("run__marketplace"), has_buy_box=False
    )
    unknown = lines.filter(Exists(never_bought), state="scored").values("pk")
    lines.filter(pk__in=unknown).update(buy_box_known=False)


def give_back(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """The profit and ROI of the assumed cost, as the breakdown holds them."""
    apps.get_model("discovery", "RunLine").objects.filter(**ASSUMED).update(
        profit=Cast(KT("breakdown__score__profit"), DecimalField(max_digits=12, decimal_places=2)),
        roi_percent=Cast(KT("breakdown__score__roi_percent"), FloatField()),
    )


class Migration(migrations.Migration):
    dependencies = [("discovery", "0016_costs_with_or_without_vat")]

    operations = [
        migrations.AddField(
            model_name="runline",
            name="sourcing",
            field=models.BooleanField(
                default=False,
                db_default=False,
                help_text="A Consider whose purchase price is unknown: worth looking for.",
                verbose_name="to source",
            ),
        ),
        migrations.AddField(
            model_name="runline",
            name="buy_box_known",
            field=models.BooleanField(
                default=True,
                db_default=True,
                help_text="Whether the Buy Box was bought before the score was made.",
                verbose_name="Buy Box known",
            ),
        ),
        migrations.RunPython(read_from_breakdowns, give_back),
    ]
