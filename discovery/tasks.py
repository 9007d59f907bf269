"""Queue entry points: ids in, one service call. Each re-reads its row and tolerates its absence."""

from __future__ import annotations

import logging

from discovery.keepa.errors import KeepaError

logger = logging.getLogger(__name__)


def run_search(run_id: str, **_later: object) -> None:
    """Run the queued search ``run_id``."""
    from discovery.runs.service import execute_in_background

    execute_in_background(run_id=run_id)


def analyse_list(list_id: str, **_later: object) -> None:
    """Work for a while on the queued list ``list_id``."""
    from discovery.runs.worker import analyse

    analyse(list_id=list_id)


def wake_lists(**_later: object) -> int:
    """Queue the lists whose wait is over, and those whose worker has died."""
    from django.utils import timezone

    from discovery.runs.worker import wake_lists as wake

    return wake(now=timezone.now())


def forget_deleted_niches(**_later: object) -> int:
    """Remove for good what nobody brought back in time."""
    from django.utils import timezone

    from discovery.niches.service import forget_deleted_niches as forget

    return forget(now=timezone.now())


def mail_link(user_id: int, kind: str, site: str, language: str, **_later: object) -> bool:
    """Mail the user a link with which to choose a password."""
    from django.utils import timezone

    from discovery.accounts.password_links import LinkKind
    from discovery.accounts.password_links import mail_link as mail

    return mail(
        user_id=user_id, kind=LinkKind(kind), site=site, language=language, now=timezone.now()
    )


def refresh_discovery(cache_key: str, **_later: object) -> str:
    """Ask Keepa a stored question again; background work, so it leaves the token floor alone."""
    from discovery.search.find_asins import refresh

    try:
        return refresh(cache_key=cache_key)
    except KeepaError as error:
        logger.warning("refresh of %s failed: %s", cache_key, error.code)
        return error.code
