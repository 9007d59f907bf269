"""The alert that the caches save too little: logged and mailed, at most once a day."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta

from django.conf import settings
from django.utils.translation import gettext as _

from analytics.cache_health import cache_alert
from analytics.figures import ALERT_WINDOW, LowRatio
from analytics.models import CacheAlert
from discovery.accounts.mail import send
from discovery.accounts.notifications import alert_addresses

logger = logging.getLogger(__name__)

LOW_RATIO = "low-hit-ratio"
AT_MOST_EVERY = timedelta(days=1)


def raise_alert_if_due(*, now: datetime) -> bool:
    """Log and mail the alert that holds now, unless that was done less than a day ago.

    Returns whether it was raised.
    Mail goes to ``settings.ALERT_EMAILS`` and to administrators who chose it. A mail
    server that refuses is logged, not raised: the hourly task has done its work.
    """
    alert = cache_alert(now=now)
    if alert is None or not _claim(alert, now):
        return False
    logger.warning(
        "low cache hit ratio: %.1f %% of %d searches in %d days, alert below %.0f %%",
        alert.ratio * 100,
        alert.searches,
        ALERT_WINDOW.days,
        alert.threshold * 100,
    )
    addresses = sorted({*settings.ALERT_EMAILS, *alert_addresses()})
    if addresses:
        subject = _("ArbitrageVault: the cache saves too little")
        send(addresses=addresses, subject=subject, text=alert_text(alert))
    return True


def alert_text(alert: LowRatio) -> str:
    """The alert in words, in the active language."""
    return _(
        "Over the last %(days)d days, only %(ratio).0f %% of %(searches)d searches were answered "
        "from the cache (alert below %(threshold).0f %%)."
    ) % {
        "ratio": alert.ratio * 100,
        "days": ALERT_WINDOW.days,
        "searches": alert.searches,
        "threshold": alert.threshold * 100,
    }


def _claim(alert: LowRatio, now: datetime) -> bool:
    """Take the right to announce, which two workers at once cannot both get."""
    _row, is_new = CacheAlert.objects.get_or_create(
        name=LOW_RATIO, defaults={"last_alert_at": now, "ratio": alert.ratio}
    )
    if is_new:
        return True
    quiet = CacheAlert.objects.filter(name=LOW_RATIO, last_alert_at__lte=now - AT_MOST_EVERY)
    return bool(quiet.update(last_alert_at=now, ratio=alert.ratio))
