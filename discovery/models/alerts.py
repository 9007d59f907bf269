"""What a user is told of picks, over which channels, and whether it arrived."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from discovery.models.sourcing import Pick, SourcingJob


class AlertSettings(models.Model):
    """When a user may be told; hours are in their own time zone. No row: nothing but the centre."""

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL,
        verbose_name=_("user"),
        primary_key=True,
        on_delete=models.CASCADE,
        related_name="alert_settings",
    )
    by_email = models.BooleanField(_("alerts by e-mail"), default=False)
    quiet_from = models.TimeField(_("quiet from"), null=True, blank=True)
    quiet_until = models.TimeField(_("quiet until"), null=True, blank=True)
    daily_cap = models.PositiveSmallIntegerField(_("alerts a day at most"), default=20)
    digest_at = models.TimeField(_("digest at"), null=True, blank=True)
    digested_at = models.DateTimeField(_("last digest"), null=True, editable=False)
    reviewed_at = models.DateTimeField(
        _("last review"),
        null=True,
        editable=False,
        help_text=_("When the picks were last looked through."),
    )
    compared_with = models.DateTimeField(
        _("review before"),
        null=True,
        editable=False,
        help_text=_("What the reviews of that day compare with, on whatever device."),
    )

    class Meta:
        db_table = "alert_settings"
        verbose_name = _("alert settings")
        verbose_name_plural = _("alert settings")

    def __str__(self) -> str:
        return str(self.user)


class AlertChannel(models.Model):
    """Where alerts go besides the site: an address as apprise reads it, encrypted at rest."""

    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("owner"),
        on_delete=models.CASCADE,
        related_name="alert_channels",
    )
    name = models.CharField(_("name"), max_length=60)
    scheme = models.CharField(_("kind"), max_length=20)
    address = models.BinaryField(_("address"), editable=False)
    is_active = models.BooleanField(_("active"), default=True)
    created_at = models.DateTimeField(_("created"), auto_now_add=True)
    worked_at = models.DateTimeField(_("last delivered"), null=True, blank=True)
    failed_at = models.DateTimeField(_("last failed"), null=True, blank=True)

    class Meta:
        db_table = "alert_channel"
        verbose_name = _("alert channel")
        verbose_name_plural = _("alert channels")
        ordering = ("name", "pk")

    def __str__(self) -> str:
        return self.name


class Alert(models.Model):
    """A pick that crossed its owner's rule, with its figures at that moment."""

    class Way(models.TextChoices):
        """When it is told."""

        NOW = "now", _("at once")
        LATER = "later", _("after the quiet hours")
        DIGEST = "digest", _("in the digest")

    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("owner"),
        on_delete=models.CASCADE,
        related_name="alerts",
    )
    pick = models.ForeignKey(
        Pick, verbose_name=_("pick"), on_delete=models.CASCADE, related_name="alerts"
    )
    job = models.ForeignKey(
        SourcingJob,
        verbose_name=_("job"),
        null=True,
        on_delete=models.SET_NULL,
        related_name="alerts",
    )
    reason = models.CharField(_("reason"), max_length=30)
    values = models.JSONField(_("values"), default=dict)
    way = models.CharField(_("told"), max_length=8, choices=Way.choices, default=Way.NOW)
    created_at = models.DateTimeField(_("created"))
    read_at = models.DateTimeField(_("read"), null=True, blank=True)

    class Meta:
        db_table = "alert"
        verbose_name = _("alert")
        verbose_name_plural = _("alerts")
        ordering = ("-created_at", "-pk")
        indexes = (
            models.Index(fields=["owner", "-created_at"], name="alert_owner_newest"),
            models.Index(
                fields=["owner"], name="alert_unread", condition=models.Q(read_at__isnull=True)
            ),
        )

    def __str__(self) -> str:
        return f"{self.pick_id}: {self.reason}"


class AlertDelivery(models.Model):
    """One message over one way: an alert, or a digest of several; it stays until it arrived.

    ``channel`` is empty for e-mail. A process killed while it sends leaves ``sending`` behind: the
    message is sent again, and ``repeats`` counts that it may have arrived more than once.
    """

    class State(models.TextChoices):
        """How far it has come."""

        PENDING = "pending", _("to be sent")
        SENDING = "sending", _("being sent")
        SENT = "sent", _("sent")
        FAILED = "failed", _("given up")

    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("owner"),
        on_delete=models.CASCADE,
        related_name="alert_deliveries",
    )
    alerts = models.ManyToManyField(
        Alert, verbose_name=_("alerts"), db_table="alert_of_delivery", related_name="deliveries"
    )
    channel = models.ForeignKey(
        AlertChannel,
        verbose_name=_("channel"),
        null=True,
        blank=True,
        on_delete=models.CASCADE,
        related_name="deliveries",
    )
    is_digest = models.BooleanField(_("digest"), default=False)
    state = models.CharField(_("state"), max_length=8, choices=State.choices, default=State.PENDING)
    due_at = models.DateTimeField(_("due"))
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0)
    repeats = models.PositiveSmallIntegerField(_("perhaps sent before"), default=0)
    failure = models.CharField(_("failure"), max_length=30, blank=True)
    taken_at = models.DateTimeField(_("taken"), null=True, blank=True)
    sent_at = models.DateTimeField(_("sent"), null=True, blank=True)
    created_at = models.DateTimeField(_("created"), auto_now_add=True)

    class Meta:
        db_table = "alert_delivery"
        verbose_name = _("delivery of alerts")
        verbose_name_plural = _("deliveries of alerts")
        ordering = ("-created_at", "-pk")
        indexes = (
            models.Index(
                fields=["due_at"],
                name="alert_delivery_due",
                condition=models.Q(state__in=("pending", "sending")),
            ),
        )

    def __str__(self) -> str:
        return f"{self.pk}: {self.state}"
