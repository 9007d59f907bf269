"""The admin of alerts: to look at; the address of a channel is shown nowhere."""

from __future__ import annotations

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from discovery.admin.inspect import InspectAdmin, pretty
from discovery.models import Alert, AlertChannel, AlertDelivery, AlertSettings
from discovery.sourcing.alerts.channels import shown_address
from discovery.sourcing.alerts.text import failure_text, reason_text


@admin.register(AlertSettings)
class AlertSettingsAdmin(InspectAdmin):
    list_display = ("user", "by_email", "daily_cap", "quiet_from", "quiet_until", "digest_at")
    list_select_related = ("user",)
    search_fields = ("user__username",)


@admin.register(AlertChannel)
class AlertChannelAdmin(InspectAdmin):
    may_delete = True
    list_display = ("name", "owner", "scheme", "is_active", "worked_at", "failed_at")
    list_filter = ("scheme", "is_active")
    list_select_related = ("owner",)
    search_fields = ("name", "owner__username")
    fields = ("name", "owner", "scheme", "leads_to", "is_active", "worked_at", "failed_at")

    @admin.display(description=_("leads to"))
    def leads_to(self, channel: AlertChannel) -> str:
        """The kind and the ends of the host; a dash when it can no longer be read."""
        return shown_address(channel) or "-"


@admin.register(Alert)
class AlertAdmin(InspectAdmin):
    list_display = ("pick", "owner", "why", "way", "created_at", "read_at")
    list_filter = ("reason", "way")
    list_select_related = ("pick", "owner")
    search_fields = ("pick__asin", "pick__title", "owner__username")
    date_hierarchy = "created_at"
    fields = ("owner", "pick", "job", "why", "way", "created_at", "read_at", "figures")
    figures = pretty("values", _("values"))

    @admin.display(description=_("reason"), ordering="reason")
    def why(self, alert: Alert) -> str:
        """The reason in words."""
        return reason_text(alert.reason)


@admin.register(AlertDelivery)
class AlertDeliveryAdmin(InspectAdmin):
    list_display = (
        "pk", "owner", "channel", "is_digest", "state", "attempts", "repeats", "due_at", "sent_at",
    )  # fmt: skip
    list_filter = ("state", "is_digest")
    list_select_related = ("owner", "channel")
    search_fields = ("owner__username",)
    date_hierarchy = "created_at"
    fields = (
        ("owner", "channel", "is_digest"),
        ("state", "attempts", "repeats"),
        ("due_at", "taken_at", "sent_at"),
        "why",
    )

    @admin.display(description=_("failure"))
    def why(self, delivery: AlertDelivery) -> str:
        """Why it did not go out, in words."""
        return failure_text(delivery.failure) or "-"
