"""Emptying the database after a test that committed, as Django's ``flush`` does, only sooner.

``flush`` truncates every table, which makes new files for each of them and their indexes, and lets
Django look all permissions up again. Here rows are deleted from the tables that hold some, what no
test changes, the names of models and permissions, stays, and what ``migrate`` provides is brought
back where a test has changed it: its rows are remembered when the session begins.
"""

from __future__ import annotations

from functools import cache
from typing import Any

from django.db import connection
from psycopg import sql

import analytics.apps
import arbvault.apps
import discovery.apps

STAYS = ("django_content_type", "auth_permission")
NOTES = "stale_quarter"  # what is deleted from history and ledger is noted here
# Foreign keys are looked at when the transaction ends, so the order does not matter. A table that
# nothing was ever written to has no pages, which takes less to see than that it has no rows.
EMPTY = """
DO $$
DECLARE
    name text;
    has_rows boolean;
    provided json;
    present text;
BEGIN
    FOREACH name IN ARRAY string_to_array({emptied}, ',') LOOP
        CONTINUE WHEN pg_relation_size(quote_ident(name)::regclass) = 0;
        EXECUTE format('SELECT EXISTS (SELECT 1 FROM %I)', name) INTO has_rows;
        IF has_rows THEN
            EXECUTE format('DELETE FROM %I', name);
        END IF;
    END LOOP;
    FOR name, provided IN SELECT * FROM json_each({provided}) LOOP
        EXECUTE format('SELECT json_agg(t ORDER BY t::text)::text FROM %I t', name) INTO present;
        IF present IS DISTINCT FROM provided::text THEN
            EXECUTE format('DELETE FROM %I', name);
            EXECUTE format(
                'INSERT INTO %1$I SELECT * FROM json_populate_recordset(NULL::%1$I, $1)', name
            ) USING provided;
        END IF;
    END LOOP;
END $$
"""


def empty_database() -> None:
    """Leave the database as ``migrate`` made it; sequences go on, as after ``flush``."""
    statement = _statement()
    with connection.cursor() as cursor:
        cursor.execute(statement)


@cache
def _statement() -> str:
    """What empties the database, put together when it is needed for the first time.

    By then a test may have changed what ``migrate`` provides, so that is made anew.
    """
    names = connection.introspection.django_table_names(only_existing=False, include_views=False)
    emptied = sorted(set(names) - set(STAYS), key=lambda name: (name == NOTES, name))
    with connection.cursor() as cursor:
        cursor.execute(_said(emptied, "{}", cursor.connection))
        discovery.apps.provide_profiles()
        discovery.apps.provide_viewers()
        arbvault.apps.declare_schedules()
        discovery.apps.declare_schedules()
        analytics.apps.declare_schedules()
        provided = []
        for name in emptied:
            cursor.execute(f'SELECT json_agg(t ORDER BY t::text)::text FROM "{name}" t')
            (rows,) = cursor.fetchone()
            if rows is not None:
                provided.append((name, rows))
        kept = {name for name, _rows in provided}
        told = ",".join(f'"{name}":{rows}' for name, rows in provided)
        rest = [name for name in emptied if name not in kept]
        return _said(rest, f"{{{told}}}", cursor.connection)


def _said(emptied: list[str], provided: str, connection: Any) -> str:
    return (
        sql.SQL(EMPTY)
        .format(emptied=sql.Literal(",".join(emptied)), provided=sql.Literal(provided))
        .as_string(connection)
    )
