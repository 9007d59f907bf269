"""What a user wants to be told by e-mail."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _


class NotificationSettings(models.Model):
    """One row for each user who chose; without one, nobody is mailed."""

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL,
        verbose_name=_("user"),
        primary_key=True,
        on_delete=models.CASCADE,
        related_name="notification_settings",
    )
    search_finished = models.BooleanField(_("a long search has ended"), default=False)
    cache_alert = models.BooleanField(_("the cache saves too little"), default=False)

    class Meta:
        db_table = "notification_settings"
        verbose_name = _("notification settings")
        verbose_name_plural = _("notification settings")

    def __str__(self) -> str:
        return str(self.user)
