"""What a table looks like: as PostgreSQL holds it, and as the models ask for it.

Both are read through the same catalogue queries, so that they compare word for word. Used by the
adoption of tables that are already there and by ``verify_schema``.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from django.db import models, transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

RELATION = "SELECT to_regclass(%s)::oid, (SELECT relkind FROM pg_class WHERE oid = to_regclass(%s))"

COLUMNS = """
SELECT a.attname, format_type(a.atttypid, a.atttypmod), NOT a.attnotnull,
       pg_get_expr(d.adbin, d.adrelid), a.attidentity <> '' OR a.attgenerated <> ''
  FROM pg_attribute AS a
  LEFT JOIN pg_attrdef AS d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
 WHERE a.attrelid = %s AND a.attnum > 0 AND NOT a.attisdropped
 ORDER BY a.attnum
"""

# indoption bit 0 is DESC; pg_get_indexdef leaves it out when asked for one column.
INDEXES = """
SELECT c.relname, i.indisprimary, i.indisunique, i.indisvalid, m.amname,
       ARRAY(SELECT pg_get_indexdef(i.indexrelid, k, true)
                    || CASE WHEN i.indoption[k - 1] & 1 = 1 THEN ' DESC' ELSE '' END
               FROM generate_series(1, i.indnkeyatts) AS k ORDER BY k),
       pg_get_expr(i.indpred, i.indrelid)
  FROM pg_index AS i
  JOIN pg_class AS c ON c.oid = i.indexrelid
  JOIN pg_am AS m ON m.oid = c.relam
 WHERE i.indrelid = %s
 ORDER BY c.relname
"""

# Different words for the time at which a row is written.
NOW = re.compile(r"(statement|transaction)_timestamp\(\)|CURRENT_TIMESTAMP")
CAST = re.compile(r"::[a-z][a-z ]*(\(\d+\))?")


@dataclass(frozen=True, slots=True)
class Column:
    """``type`` as PostgreSQL spells it; ``default`` is an SQL expression."""

    name: str
    type: str
    nullable: bool
    default: str | None
    generated: bool = False

    @property
    def meaning_of_default(self) -> str:
        """The default without its spelling: ``'us'::character varying`` and ``'us'`` are one."""
        plain = NOW.sub("now()", CAST.sub("", self.default or ""))
        if plain.startswith("(") and plain.endswith(")"):
            plain = plain[1:-1]
        return "" if plain == "NULL" else plain


@dataclass(frozen=True, slots=True)
class Index:
    name: str
    columns: tuple[str, ...]
    unique: bool
    valid: bool = True
    method: str = "btree"
    condition: str | None = None

    def __str__(self) -> str:
        kind = f"{'unique ' if self.unique else ''}{self.method} ({', '.join(self.columns)})"
        condition = f" where {self.condition}" if self.condition else ""
        return f"{kind}{condition}{'' if self.valid else ', invalid'}"


@dataclass(frozen=True, slots=True)
class Table:
    """A table; ``kind`` is PostgreSQL's relkind, ``r`` for an ordinary table."""

    name: str
    kind: str = "r"
    columns: dict[str, Column] = field(default_factory=dict)
    primary_key: tuple[str, ...] = ()
    indexes: dict[str, Index] = field(default_factory=dict)


def read_table(connection: BaseDatabaseWrapper, name: str) -> Table | None:
    """Return the table of that name on the search path, or ``None`` when there is none."""
    quoted = connection.ops.quote_name(name)
    with connection.cursor() as cursor:
        cursor.execute(RELATION, [quoted, quoted])
        oid, kind = cursor.fetchone()
        if oid is None:
            return None
        cursor.execute(COLUMNS, [oid])
        columns = {row[0]: Column(*row) for row in cursor.fetchall()}
        cursor.execute(INDEXES, [oid])
        rows = cursor.fetchall()
    return Table(
        name=name,
        kind=kind,
        columns=columns,
        primary_key=next((tuple(row[5]) for row in rows if row[1]), ()),
        indexes={
            index: Index(index, tuple(keys), unique, valid, method, condition)
            for index, primary, unique, valid, method, keys, condition in rows
            if not primary
        },
    )


def wanted_tables(
    connection: BaseDatabaseWrapper, asked: Iterable[type[models.Model]]
) -> dict[str, Table]:
    """Return the tables a fresh ``migrate`` creates for these models, by name.

    They are really created, as temporary tables in a transaction that is rolled back: nobody
    else sees them, and the database itself says what they look like.
    """
    found: dict[str, Table] = {}
    with transaction.atomic(using=connection.alias):
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL search_path TO pg_temp")
        # The table between two models is made with the one that names it: it is read after that.
        for model in sorted(asked, key=lambda model: bool(model._meta.auto_created)):
            name = model._meta.db_table
            with connection.schema_editor(atomic=False) as editor:
                if not model._meta.auto_created:
                    create_table(editor, model)
                editor.deferred_sql = [
                    statement for statement in editor.deferred_sql if not _is_foreign_key(statement)
                ]
            table = read_table(connection, name)
            if table is not None:
                found[name] = table
        transaction.set_rollback(True, using=connection.alias)
    return found


# Tables whose columns and indexes are fixed by what is already deployed.
ADOPTED = frozenset({"product_discovery_cache", "product_scoring_cache", "search_history"})


def create_table(editor: BaseDatabaseSchemaEditor, model: type[models.Model]) -> None:
    """Create the model's table; the adopted ones with exactly their indexes.

    Django gives every text key a second index for LIKE searches. Nobody searches a hash that
    way, and each stored answer would pay for it.
    """
    editor.create_model(model)
    if model._meta.db_table in ADOPTED:
        editor.deferred_sql = [
            statement
            for statement in editor.deferred_sql
            if not (
                statement.references_table(model._meta.db_table)
                and "_pattern_ops" in str(statement)
            )
        ]


def _is_foreign_key(statement: object) -> bool:
    return " FOREIGN KEY " in str(statement)
