"""The tables that runs and their lines have replaced."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("discovery", "0013_lists_become_runs")]

    operations = [
        migrations.DeleteModel("ListLine"),
        migrations.DeleteModel("ProductList"),
    ]
