"""The shipped profile of used goods, where the shipped profiles were created before it existed."""

from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps

SLUG = "occasion"
NAME = "Occasion"
DESCRIPTION = (
    "Used copies bought on the listing, VAT on the margin: put your own regime if you are exempt."
)
# What is not named here has its default.
SETTINGS = {
    "condition": "used",
    "regime": "margin",
    "buy_from_fbm": False,
    "buy_from_amazon": False,
    "sourcing_least_cost_percent": "5",
}


def create(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    profiles = apps.get_model("discovery", "BusinessProfile").objects
    # A new site has none yet: it gets them all together, after its migrations.
    is_new = not profiles.filter(owner__isnull=True).exists()
    if is_new or profiles.filter(slug=SLUG).exists():
        return
    profile = profiles.create(
        slug=SLUG, name=NAME, description=DESCRIPTION, settings=SETTINGS, revision=1
    )
    apps.get_model("discovery", "BusinessProfileRevision").objects.create(
        profile=profile, number=1, settings=SETTINGS
    )


def remove(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Take it away as it was created; a changed one is somebody's work."""
    apps.get_model("discovery", "BusinessProfile").objects.filter(
        slug=SLUG, owner__isnull=True, settings=SETTINGS, is_default=False
    ).delete()


class Migration(migrations.Migration):
    dependencies = [("discovery", "0018_live_check_unknown")]

    operations = [migrations.RunPython(create, remove)]
