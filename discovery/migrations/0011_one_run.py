"""Searches become runs: the tables are renamed, their rows, ids and addresses stay."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("discovery", "0010_checks_keep_their_pair")]

    operations = [
        migrations.RenameModel("SearchRun", "Run"),
        migrations.AlterModelTable("Run", "run"),
        migrations.RenameField("Run", "scored", "done"),
        migrations.RenameField("Run", "wanted", "total"),
        migrations.RenameModel("SearchResult", "RunLine"),
        migrations.AlterModelTable("RunLine", "run_line"),
        migrations.RenameIndex("RunLine", new_name="run_line_asin", old_name="search_result_asin"),
    ]
