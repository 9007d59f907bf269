"""Every list and line becomes a run and a line of it, under the same id; and back again."""

from django.db import migrations

LIST_COLUMNS = """
    id, owner_id, name, marketplace, profile_id, profile_revision, profile_settings,
    columns, state, total, bad, merged, done, done_before, tokens_spent, tokens_saved,
    told_spent, told_saved, worked_ms, attempts, holder, cancel_requested, failure,
    resume_at, created_at, started_at, progressed_at, finished_at
"""
LINE_COLUMNS = """
    position, number, also, text, code, asin, restored, cost, quantity, state, reason,
    value, title, verdict, price, max_cost, landed_cost, profit, roi_percent,
    velocity_score, rank_score, bsr, breakdown
"""

# What searches did not store in columns of their own stands in their filters and breakdowns.
FILL_SEARCHES = """
UPDATE run SET
    marketplace = coalesce(filters ->> 'marketplace', 'us'),
    progressed_at = coalesce(progressed_at, created_at),
    told_spent = CASE WHEN state IN ('queued', 'running') THEN 0 ELSE tokens_spent END,
    told_saved = CASE WHEN state IN ('queued', 'running') THEN 0 ELSE tokens_saved END,
    worked_ms = coalesce((outcome ->> 'duration_ms')::bigint, 0)
WHERE kind = 'search'
"""
FILL_RESULTS = """
UPDATE run_line SET
    landed_cost = (breakdown #>> '{score,landed_cost}')::numeric,
    rank_score = (breakdown #>> '{score,rank_score}')::double precision
"""
COPY_LISTS = f"""
INSERT INTO run (kind, filters, found, fetched, max_results, outcome, {LIST_COLUMNS})
SELECT 'list', '{{}}', 0, 0, NULL, NULL, {LIST_COLUMNS} FROM product_list
"""  # nosec B608 # of the constants above
COPY_LINES = f"""
INSERT INTO run_line (run_id, {LINE_COLUMNS})
SELECT product_list_id, {LINE_COLUMNS} FROM product_list_line ORDER BY product_list_id, position
"""  # nosec B608 # of the constants above
RETURN_LISTS = (
    f"INSERT INTO product_list ({LIST_COLUMNS}) SELECT {LIST_COLUMNS} FROM run WHERE kind = 'list'"  # nosec B608 # of the constants above
)
RETURN_LINES = f"""
INSERT INTO product_list_line (product_list_id, {LINE_COLUMNS})
SELECT run_id, {LINE_COLUMNS} FROM run_line
WHERE run_id IN (SELECT id FROM run WHERE kind = 'list')
"""  # nosec B608 # of the constants above
# The former tables hold scored products of searches only.
DROP_LINES = """
DELETE FROM run_line
WHERE state <> 'scored'
   OR run_id IN (SELECT id FROM run WHERE kind = 'list' OR state IN ('queued', 'running', 'waiting'))
"""
DROP_LISTS = "DELETE FROM run WHERE kind = 'list'"

# Searches had a sign of life only once they had started, and never waited.
SEARCHES_BACK = """
UPDATE run SET progressed_at = NULL WHERE kind = 'search' AND started_at IS NULL
"""
WAITING_BACK = """
UPDATE run SET
    state = 'failed',
    finished_at = progressed_at,
    failure = '{"code": "interrupted", "retry_after": null}'
WHERE kind = 'search' AND state = 'waiting'
"""

# Going back with this program's code declares the new schedule beside the former one.
SCHEDULE_ONCE = """
DELETE FROM django_q_schedule
WHERE name = 'wake-runs' AND EXISTS (SELECT FROM django_q_schedule WHERE name = 'wake-lists')
"""
SCHEDULE = """
UPDATE django_q_schedule SET name = 'wake-runs', func = 'discovery.tasks.wake_runs'
WHERE name = 'wake-lists'
"""
SCHEDULE_BACK = """
UPDATE django_q_schedule SET name = 'wake-lists', func = 'discovery.tasks.wake_lists'
WHERE name = 'wake-runs'
"""


class Migration(migrations.Migration):
    dependencies = [
        ("discovery", "0012_columns_of_lists"),
        ("django_q", "0018_task_success_index"),
    ]

    operations = [
        migrations.RunSQL([FILL_SEARCHES, FILL_RESULTS], [SEARCHES_BACK, WAITING_BACK]),
        migrations.RunSQL(
            [COPY_LISTS, COPY_LINES], [RETURN_LISTS, RETURN_LINES, DROP_LINES, DROP_LISTS]
        ),
        migrations.RunSQL([SCHEDULE_ONCE, SCHEDULE], SCHEDULE_BACK),
    ]
