"""Alerts in words, and how many are unread, for templates."""

from __future__ import annotations

from typing import Any

from django import template

from discovery.sourcing.alerts import text
from discovery.sourcing.alerts.queries import MOST_COUNTED, unread_of

register = template.Library()

register.filter("alert_reason", text.reason_text)
register.filter("alert_figures", text.figures_text)
register.filter("alert_buying", text.buying_text)
register.filter("delivery_failure", text.failure_text)


@register.simple_tag
def unread_alerts(user: Any) -> str:
    """How many alerts the user has not read: ``3``, ``99+``; empty for none."""
    count = unread_of(user=user)
    return f"{MOST_COUNTED}+" if count > MOST_COUNTED else str(count or "")
