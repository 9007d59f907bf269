"""Sums of searches and of Keepa calls: quarters of an hour added up, and rows that are not yet.

``search_quarter``, ``answer_quarter`` and ``ledger_quarter`` hold what ``search_history`` and
``keepa_token_ledger`` add up to in each quarter of an hour before ``rolled_until``. A trigger notes
the quarters whose rows have changed since (``stale_quarter``), in the transaction that changes
them; those are read row by row. One statement reads all of it and so sees one moment: its figures
are those of the rows, whatever the roll-up is doing meanwhile.

Quarters, since every time zone in use is a whole number of them away from UTC: their days begin
where a quarter does. ``rollup`` keeps the sums.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

QUARTER = timedelta(minutes=15)
SEARCHES, LEDGER = "search_history", "keepa_token_ledger"
BIN = "date_bin('15 minutes', {}, timestamptz '2000-01-01 00:00+00')"  # the quarter of a moment

# What counts from the sums ends with the last whole quarter before now.
_UNTIL = """(SELECT least(rolled_until, %(whole)s::timestamptz) FROM rollup_state
              WHERE source = '{source}')"""
_COUNTED = """
SELECT quarter AS at, {sums} FROM {rolled} AS rolled
 WHERE quarter >= %(first)s AND quarter < {until}
   AND NOT EXISTS (SELECT FROM stale_quarter AS stale
                    WHERE stale.source = '{source}' AND stale.quarter = rolled.quarter)
UNION ALL
SELECT created_at, {rows} FROM {source}
 WHERE created_at >= %(first)s AND created_at <= %(now)s
   AND created_at >= coalesce({until}, '-infinity')
UNION ALL
SELECT created_at, {rows}
  FROM (SELECT DISTINCT quarter FROM stale_quarter
         WHERE source = '{source}' AND quarter >= %(first)s AND quarter < {until}) AS stale
  JOIN {source} ON created_at >= quarter AND created_at < quarter + interval '15 minutes'
"""


def _counted(source: str, rolled: str, columns: dict[str, str], until: str = _UNTIL) -> str:
    until = until.format(source=source)
    names, values = ", ".join(columns), ", ".join(columns.values())
    return _COUNTED.format(source=source, rolled=rolled, sums=names, rows=values, until=until)


# What a row adds to the sums, by the columns that hold them.
OF_A_SEARCH = {
    "answered": "(cache_hit IS NOT NULL)::int",
    "hits": "(cache_hit IS TRUE)::int",
    "tokens_saved": "coalesce(tokens_saved, 0)",
}
OF_AN_ANSWER = {
    "kind": "search_type",
    "source": "coalesce(source, '')",
    "result": "CASE cache_hit WHEN true THEN 'hit' WHEN false THEN 'miss' ELSE 'unknown' END",
    # Before it was noted how, only whether Keepa was asked.
    "cache": "coalesce(cache, CASE cache_hit WHEN true THEN 'hit' WHEN false THEN 'miss'"
    " ELSE 'unknown' END)",
    "answers": "1",
    "tokens_saved": "coalesce(tokens_saved, 0)",
}
OF_A_CALL = {
    "endpoint": "endpoint",
    "purpose": "purpose",
    "calls": "1",
    "failed": "(outcome <> 'ok')::int",
    "tokens": "tokens_consumed",
}

# The searches, and the calls, from ``first`` (a whole quarter) until ``now``: a row each, or a
# quarter each. Parameters as ``counted_from`` makes them.
COUNTED_SEARCHES = _counted(SEARCHES, "search_quarter", OF_A_SEARCH)
COUNTED_CALLS = _counted(LEDGER, "ledger_quarter", OF_A_CALL)

# The same of all time. ``rolled_until`` is a parameter here, read a moment before: a plan that
# knows it reads the rows after it by their index, however many there are.
ROLLED_UNTIL = "SELECT source, rolled_until FROM rollup_state"
_GIVEN = "%(until)s::timestamptz"
ALL_ANSWERS = _counted(SEARCHES, "answer_quarter", OF_AN_ANSWER, _GIVEN)
ALL_CALLS = _counted(LEDGER, "ledger_quarter", OF_A_CALL, _GIVEN)


def quarter_of(moment: datetime) -> datetime:
    """The beginning of the quarter of an hour, in UTC."""
    utc = moment.astimezone(UTC)
    return utc.replace(minute=utc.minute // 15 * 15, second=0, microsecond=0)


def next_quarter(moment: datetime) -> datetime:
    """The first beginning of a quarter after the moment."""
    return quarter_of(moment) + QUARTER


def all_until(now: datetime, until: datetime | None) -> dict[str, datetime | str | None]:
    """The parameters of ``ALL_ANSWERS`` and ``ALL_CALLS``; ``until`` of ``ROLLED_UNTIL``."""
    rolled = None if until is None else min(until, quarter_of(now))
    return {"first": "-infinity", "now": now, "until": rolled}


def counted_from(first: datetime, *, now: datetime) -> dict[str, datetime]:
    """The parameters of ``COUNTED_SEARCHES`` and ``COUNTED_CALLS``; ``first`` begins a quarter."""
    return {"first": first, "now": now, "whole": quarter_of(now)}
