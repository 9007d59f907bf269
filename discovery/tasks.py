"""Queue entry points: ids in, one service call. Each re-reads its row and tolerates its absence."""

from __future__ import annotations

import logging

from discovery.keepa.errors import KeepaError

logger = logging.getLogger(__name__)


def work_on_run(run_id: str, **_later: object) -> None:
    """Work for a while on the queued run ``run_id``."""
    from discovery.runs.service import is_a_jobs, work_in_background
    from discovery.sourcing.worker import work_on as look

    if is_a_jobs(run_id=run_id):
        look(run_id=run_id)
    else:
        work_in_background(run_id=run_id)


def wake_runs(**_later: object) -> int:
    """Queue the runs whose wait is over, and those whose worker has died."""
    from django.utils import timezone

    from discovery.runs.queue import wake_runs as wake

    return wake(now=timezone.now())


# Payloads queued, and schedules made, before searches and lists became runs.
run_search = analyse_list = work_on_run
wake_lists = wake_runs


def forget_deleted_niches(**_later: object) -> int:
    """Remove for good what nobody brought back in time."""
    from django.utils import timezone

    from discovery.niches.service import forget_deleted_niches as forget

    return forget(now=timezone.now())


def forget_list_sources(**_later: object) -> int:
    """Remove the files of lists that nobody confirmed."""
    from django.utils import timezone

    from discovery.lists.service import forget_sources

    return forget_sources(now=timezone.now())


def forget_purchase_files(**_later: object) -> int:
    """Remove the files of purchases that nobody confirmed."""
    from django.utils import timezone

    from discovery.lists.purchase_file import forget_files

    return forget_files(now=timezone.now())


def forget_old_access(**_later: object) -> int:
    """Remove sessions that have ended, and failed attempts that no longer count."""
    from django.contrib.sessions.backends.db import SessionStore
    from django.utils import timezone

    from discovery.accounts.throttle import forget_old_failures

    SessionStore.clear_expired()
    return forget_old_failures(now=timezone.now())


def forget_api_rates(**_later: object) -> int:
    """Remove how often the API was called in windows long over, and calls kept to be repeated."""
    from django.utils import timezone

    from discovery.accounts.api_rate import forget_rates
    from discovery.accounts.idempotent_calls import forget_calls

    now = timezone.now()
    return forget_rates(now=now) + forget_calls(now=now)


def mail_link(user_id: int, kind: str, site: str, language: str, **_later: object) -> bool:
    """Mail the user a link with which to choose a password."""
    from django.utils import timezone

    from discovery.accounts.password_links import LinkKind
    from discovery.accounts.password_links import mail_link as mail

    return mail(
        user_id=user_id, kind=LinkKind(kind), site=site, language=language, now=timezone.now()
    )


def mail_forgotten(email: str, site: str, language: str, **_later: object) -> int:
    """Mail whoever has this address a link with which to choose a password."""
    from django.utils import timezone

    from discovery.accounts.password_links import mail_forgotten as mail

    return mail(email=email, site=site, language=language, now=timezone.now())


def refresh_discovery(cache_key: str, **_later: object) -> str:
    """Ask Keepa a stored question again; background work, so it leaves the token floor alone."""
    from discovery.search.find_asins import refresh

    try:
        return refresh(cache_key=cache_key)
    except KeepaError as error:
        logger.warning("refresh of %s failed: %s", cache_key, error.code)
        return error.code


def deliver_alerts(**_later: object) -> int:
    """Put the digests whose hour has come into the outbox, and send what is due."""
    from django.utils import timezone

    from discovery.sourcing.alerts.delivery import deliver_due
    from discovery.sourcing.alerts.digest import send_digests

    now = timezone.now()
    send_digests(now=now)
    return deliver_due(now=now).sent


def plan_sourcing(**_later: object) -> str:
    """Start the jobs that are due, and have idle tokens used; the queue calls it every minute."""
    from django.utils import timezone

    from discovery.sourcing.planning import plan_minute

    decision = plan_minute(now=timezone.now())
    return "planned already" if decision is None else decision.reason.value


def harvest(chosen: dict[str, int], **_later: object) -> list[str]:
    """Refresh what will be asked next, with tokens that would expire."""
    from django.utils import timezone

    from discovery.sourcing.harvest import harvest as refresh

    return refresh(chosen=chosen, now=timezone.now())
