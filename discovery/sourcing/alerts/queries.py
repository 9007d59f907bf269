"""What the pages of alerts show: the centre, the unread, the log of deliveries."""

from __future__ import annotations

from datetime import datetime

from django.contrib.auth.models import AbstractBaseUser
from django.core.paginator import Page, Paginator
from django.db.models import Count, QuerySet

from discovery.models import Alert, AlertChannel, AlertDelivery
from discovery.paging import PAGE_SIZE

MOST_COUNTED = 99  # unread alerts; more are "99+"


def alerts_of(*, user: AbstractBaseUser, number: str) -> Page[Alert]:
    """A page of the user's alerts, newest first."""
    return Paginator(all_alerts_of(user=user), PAGE_SIZE).get_page(number)


def all_alerts_of(*, user: AbstractBaseUser) -> QuerySet[Alert]:
    """The user's alerts, newest first, with what they are about."""
    return Alert.objects.filter(owner=user.pk).select_related("pick", "job")


def unread_of(*, user: AbstractBaseUser) -> int:
    """How many alerts the user has not read; counted up to one more than ``MOST_COUNTED``."""
    unread = Alert.objects.filter(owner=user.pk, read_at=None).order_by()
    return unread[: MOST_COUNTED + 1].count()


def read_alerts(*, user: AbstractBaseUser, until: datetime, now: datetime) -> int:
    """Mark the user's alerts given ``until`` then as read; returns how many were not."""
    unread = Alert.objects.filter(owner=user.pk, read_at=None, created_at__lte=until)
    return unread.update(read_at=now)


def deliveries_of(*, user: AbstractBaseUser, number: str) -> Page[AlertDelivery]:
    """A page of what was sent to the user or is to be, newest first, ``told`` alerts each."""
    return Paginator(all_deliveries_of(user=user), PAGE_SIZE).get_page(number)


def channel_of(*, user: AbstractBaseUser, pk: int) -> AlertChannel | None:
    """The user's channel of that number."""
    return AlertChannel.objects.filter(owner=user.pk, pk=pk).first()


def all_deliveries_of(*, user: AbstractBaseUser) -> QuerySet[AlertDelivery]:
    """What was sent to the user or is to be, newest first, ``told`` alerts each."""
    deliveries = AlertDelivery.objects.filter(owner=user.pk).select_related("channel")
    return deliveries.annotate(told=Count("alerts")).order_by("-created_at", "-pk")
