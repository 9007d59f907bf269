"""Emptying the database after a test that committed, as Django's ``flush`` does, only sooner.

``flush`` truncates every table, which makes new files for each of them and their indexes, and lets
Django look all permissions up again. Here rows are deleted from the tables that hold some, and what
no test changes, the names of models and permissions, stays.
"""

from __future__ import annotations

from django.db import connection

import analytics.apps
import discovery.apps

KEPT = ("django_content_type", "auth_permission")
# Foreign keys are looked at when the transaction ends, so the order does not matter.
EMPTY = """
DO $$
DECLARE
    name text;
    has_rows boolean;
BEGIN
    FOREACH name IN ARRAY string_to_array('{tables}', ',') LOOP
        EXECUTE format('SELECT EXISTS (SELECT 1 FROM %I)', name) INTO has_rows;
        IF has_rows THEN
            EXECUTE format('DELETE FROM %I', name);
        END IF;
    END LOOP;
END $$
"""


def empty_database() -> None:
    """Leave the database as ``migrate`` made it; sequences go on, as after ``flush``."""
    tables = connection.introspection.django_table_names(only_existing=False, include_views=False)
    with connection.cursor() as cursor:
        cursor.execute(EMPTY.format(tables=",".join(name for name in tables if name not in KEPT)))
    discovery.apps.provide_profiles()
    discovery.apps.provide_viewers()
    discovery.apps.declare_schedules()
    analytics.apps.declare_schedules()
