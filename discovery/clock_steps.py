"""What a clock that was set back leaves in the future is put right, and by itself.

Somebody corrects a clock by two days: what was to happen in a minute would now happen in two days,
what was to expire in an hour would be given for two days more, and whoever died at work would not
be missed until then. Nothing the product writes lies further in the future than it can have meant;
what does was written before the clock was set, and is taken as of now. Nothing is bought again for
it. (A clock that was set forward heals at once: what is due is done, what is old expires.)

Balances and reservations of tokens stand in ``keepa.budget``; a look at live offers from the
future is no ground to buy on (``products.live_check``), a failed sign-in from there locks nobody
out (``accounts.throttle``), a beat of a worker is no sign of life (``runs.pulse``), and a session
was seen now (``arbvault.sessions``).
"""

from __future__ import annotations

import logging
from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import DateTimeField, ExpressionWrapper, F, Value
from django.db.models.functions import Least
from django_q.models import OrmQ

from discovery import schedules
from discovery.keepa.balance import CLOCK_SKEW
from discovery.models import (
    DiscoveryCacheEntry,
    DiscoveryLease,
    KeepaProduct,
    Run,
    ScoringCacheEntry,
)

logger = logging.getLogger(__name__)


def put_right(*, now: datetime) -> int:
    """Bring back what stands too far in the future; returns how many rows that were.

    Six statements that find nothing as a rule, each by an index or in a table of a few rows.
    """
    found = schedules.put_right(now=now) + _tasks(now) + _leases(now) + _runs(now) + _answers(now)
    if found:
        logger.warning("%d rows stood in the future and were put right: was a clock set?", found)
    return found


def _tasks(now: datetime) -> int:
    """Tasks of the queue: one at work is locked for ``retry`` seconds, one that waits not at all.

    One that is at work at this moment may be started twice: a run is then left to whoever holds
    it, and everything else may be done twice.
    """
    longest = timedelta(seconds=settings.Q_CLUSTER["retry"]) + CLOCK_SKEW
    ahead = OrmQ.objects.filter(lock__gt=now + longest)
    return int(ahead.update(lock=now))


def _leases(now: datetime) -> int:
    """Whoever is alive gives a lease back; one of the dead runs out as it would have."""
    lease = timedelta(seconds=settings.LEASE_SECONDS)
    late = DiscoveryLease.objects.filter(expires_at__gt=now + lease + CLOCK_SKEW)
    return late.update(expires_at=now + lease)


def _runs(now: datetime) -> int:
    """Runs under way whose last sign of life is in the future, and what they wait for."""
    ahead = Run.objects.filter(state__in=Run.ACTIVE, progressed_at__gt=now + CLOCK_SKEW)
    return ahead.update(
        resume_at=ExpressionWrapper(
            Value(now, DateTimeField()) + (F("resume_at") - F("progressed_at")),
            output_field=DateTimeField(),
        ),
        progressed_at=now,
    )


def _answers(now: datetime) -> int:
    """Answers of the caches and products count as fresh for as long as if they came now."""
    latest = now + CLOCK_SKEW
    found = KeepaProduct.objects.filter(fetched_at__gt=latest).update(fetched_at=now)
    found += KeepaProduct.objects.filter(confirmed_at__gt=latest).update(confirmed_at=now)
    for table, lifetime in (
        (DiscoveryCacheEntry, settings.DISCOVERY_TTL),
        (ScoringCacheEntry, settings.SCORING_TTL),
    ):
        # The first condition is by the index; entries of a longer lifetime are another's.
        ahead = table.objects.filter(expires_at__gt=now, created_at__gt=latest)
        found += ahead.update(created_at=now, expires_at=Least(F("expires_at"), now + lifetime))
    return found
