"""The statements of the token budget and its ledger; ``budget`` runs them."""

from __future__ import annotations

LOCK_BUCKET = """
SELECT account, tokens_left, refill_rate, refill_in_ms, flow_reduction, received_at,
       server_ms, ledger_id
  FROM keepa_token_bucket WHERE id = 1 FOR UPDATE
"""
READ_BUCKET = LOCK_BUCKET.replace("FOR UPDATE", "")
RESERVED = """
SELECT coalesce(sum(cost), 0) FROM keepa_token_reservation
 WHERE account = %s AND expires_at > %s AND started_at <= %s
"""
# Whether a call was lost that began after the last balance was told, so that none has settled it.
LOST_SINCE = """
SELECT EXISTS (
    SELECT FROM keepa_token_reservation
     WHERE account = %s AND ended_after IS NOT NULL AND started_at > %s AND started_at <= %s)
"""
RESERVE = """
INSERT INTO keepa_token_reservation
       (account, purpose, endpoint, marketplace, items, repeats, cost, started_at, expires_at,
        outcome, duration_ms, baseline_server_ms, baseline_tokens_left, baseline_ledger_id)
VALUES (%(account)s, %(purpose)s, %(endpoint)s, %(marketplace)s, %(items)s, %(repeats)s,
        %(cost)s, %(started_at)s, %(expires_at)s, '', 0, %(baseline_server_ms)s,
        %(baseline_tokens_left)s, %(baseline_ledger_id)s)
RETURNING id
"""

# One statement settles all: the reservation goes, the ledger gets its entry, the bucket follows
# unless it already knows something newer. A call taken for dead may answer after all: then its own
# figure replaces what was worked out about it. Ledger entries must survive a crash.
SETTLE = """
WITH durable AS (SELECT set_config('synchronous_commit', 'on', true)),
     freed AS (DELETE FROM keepa_token_reservation WHERE id = %(call_id)s),
     entry AS (
        INSERT INTO keepa_token_ledger
               (call_id, account, endpoint, marketplace, purpose, items, repeats,
                tokens_consumed, tokens_left, refill_rate, refill_in_ms, server_ms, duration_ms,
                outcome, http_status, created_at)
        SELECT %(call_id)s, %(account)s, %(endpoint)s, %(marketplace)s, %(purpose)s, %(items)s,
               %(repeats)s, %(tokens_consumed)s, %(tokens_left)s, %(refill_rate)s, %(refill_in_ms)s,
               %(server_ms)s, %(duration_ms)s, %(outcome)s, %(http_status)s, %(now)s
          FROM durable
        ON CONFLICT (call_id) DO UPDATE
           SET tokens_consumed = excluded.tokens_consumed, tokens_left = excluded.tokens_left,
               refill_rate = excluded.refill_rate, refill_in_ms = excluded.refill_in_ms,
               server_ms = excluded.server_ms, outcome = excluded.outcome,
               http_status = excluded.http_status, duration_ms = excluded.duration_ms
        RETURNING id),
     bucket AS (
        INSERT INTO keepa_token_bucket AS known
               (id, account, tokens_left, refill_rate, refill_in_ms, flow_reduction, server_ms,
                received_at, ledger_id)
        SELECT 1, %(account)s, %(tokens_left)s, %(refill_rate)s, %(refill_in_ms)s,
               %(flow_reduction)s, %(server_ms)s, %(now)s, entry.id
          FROM entry WHERE %(server_ms)s::bigint IS NOT NULL
        ON CONFLICT (id) DO UPDATE
           SET account = excluded.account, tokens_left = excluded.tokens_left,
               refill_rate = excluded.refill_rate, refill_in_ms = excluded.refill_in_ms,
               flow_reduction = excluded.flow_reduction, server_ms = excluded.server_ms,
               received_at = excluded.received_at, ledger_id = excluded.ledger_id
         WHERE known.account <> excluded.account
            OR excluded.server_ms > known.server_ms
            OR (excluded.server_ms = known.server_ms
                AND excluded.tokens_left <= known.tokens_left)
            -- Keepa's clock, or ours, was set back: the last word is the true one.
            OR excluded.received_at > known.received_at + interval '2 minutes'
            OR excluded.received_at < known.received_at - interval '2 minutes')
SELECT EXISTS (
    SELECT FROM keepa_token_reservation
     WHERE account = %(account)s AND id <> %(call_id)s
       AND (ended_after IS NOT NULL OR expires_at <= %(now)s OR started_at > %(latest)s))
"""

# ``ended_after`` is the next number of the sequence that numbers the calls: greater than that of
# any call begun so far, smaller than that of any begun from now on.
MARK_LOST = """
UPDATE keepa_token_reservation
   SET ended_after = nextval(pg_get_serial_sequence('keepa_token_reservation', 'id')),
       outcome = %(outcome)s, http_status = %(http_status)s, duration_ms = %(duration_ms)s
 WHERE id = %(call_id)s
"""
MARK_LAPSED = """
UPDATE keepa_token_reservation
   SET ended_after = nextval(pg_get_serial_sequence('keepa_token_reservation', 'id')),
       outcome = %s
 WHERE account = %s AND ended_after IS NULL AND (expires_at <= %s OR started_at > %s)
"""
STILL_OPEN = """
UPDATE keepa_token_reservation
   SET ended_after = nextval(pg_get_serial_sequence('keepa_token_reservation', 'id')),
       baseline_server_ms = %s, baseline_tokens_left = %s, baseline_ledger_id = %s
 WHERE id = %s
"""
OPEN_CALLS = """
SELECT open.id, open.cost, open.ended_after, open.outcome, open.expires_at,
       open.baseline_server_ms, open.baseline_tokens_left, open.baseline_ledger_id,
       entry.tokens_consumed
  FROM keepa_token_reservation AS open
  LEFT JOIN keepa_token_ledger AS entry ON entry.id = open.baseline_ledger_id
 WHERE open.account = %s ORDER BY open.id
"""
OBSERVATIONS = """
SELECT id, call_id, server_ms, tokens_left, refill_in_ms, refill_rate, tokens_consumed
  FROM keepa_token_ledger
 WHERE account = %s AND server_ms >= %s AND tokens_left IS NOT NULL
 ORDER BY server_ms, tokens_left DESC, tokens_consumed DESC, id
"""
_WRITE_LOST = """
WITH durable AS (SELECT set_config('synchronous_commit', 'on', true)),
     lost AS (DELETE FROM keepa_token_reservation WHERE {which} RETURNING *)
INSERT INTO keepa_token_ledger
       (call_id, account, endpoint, marketplace, purpose, items, repeats, tokens_consumed,
        duration_ms, outcome, http_status, created_at)
SELECT lost.id, lost.account, lost.endpoint, lost.marketplace, lost.purpose, lost.items,
       lost.repeats, {tokens}, lost.duration_ms, %s, lost.http_status, %s
  FROM lost, durable
ON CONFLICT (call_id) DO NOTHING
"""
WRITE_LOST = _WRITE_LOST.format(which="id = %s", tokens="%s")
WRITE_OFF = _WRITE_LOST.format(which="expires_at <= %s", tokens="lost.cost")
