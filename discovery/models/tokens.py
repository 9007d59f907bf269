"""What Keepa tokens were spent on: the shared bucket, calls in flight, and the ledger.

Only ``discovery.keepa.tokens`` writes here. Nothing points a foreign key at these tables, and
no row ever holds the API key: ``account`` is a short digest that tells two accounts apart.
"""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _


class TokenBucket(models.Model):
    """One row: the newest balance Keepa told us, from which the present one is projected."""

    id = models.SmallIntegerField(primary_key=True, default=1, editable=False)
    account = models.CharField(_("account"), max_length=16, editable=False)
    tokens_left = models.IntegerField(_("tokens left"))
    refill_rate = models.IntegerField(_("tokens per minute"))
    refill_in_ms = models.IntegerField(_("next refill in (ms)"))
    flow_reduction = models.FloatField(_("token flow reduction"), default=0)
    server_ms = models.BigIntegerField(_("Keepa's clock (ms)"))
    received_at = models.DateTimeField(_("received"))
    ledger_id = models.BigIntegerField(_("told by ledger entry"))

    class Meta:
        db_table = "keepa_token_bucket"
        verbose_name = _("token bucket")
        verbose_name_plural = _("token bucket")
        constraints = (
            models.CheckConstraint(condition=models.Q(id=1), name="keepa_token_bucket_one_row"),
        )

    def __str__(self) -> str:
        return f"{self.tokens_left} (+{self.refill_rate}/min)"


class TokenReservation(models.Model):
    """A call that is on its way, or one that ended without saying what it cost.

    ``baseline_*`` is what the bucket held when the call began: whatever Keepa charges for it is
    charged after that moment, which is how an unseen cost is found again.
    """

    account = models.CharField(_("account"), max_length=16, editable=False)
    purpose = models.CharField(_("purpose"), max_length=20)
    endpoint = models.CharField(_("endpoint"), max_length=20)
    marketplace = models.CharField(_("marketplace"), max_length=8, blank=True)
    items = models.PositiveIntegerField(_("items"), default=0)
    cost = models.IntegerField(_("worst cost"))
    repeats = models.BigIntegerField(_("asks again"), null=True)
    started_at = models.DateTimeField(_("started"))
    expires_at = models.DateTimeField(_("lapses"))
    # Set when the call has ended: a number from this table's own sequence, later than that of
    # every call that began before then.
    ended_after = models.BigIntegerField(null=True)
    outcome = models.CharField(_("outcome"), max_length=20, blank=True)
    http_status = models.PositiveSmallIntegerField(_("HTTP status"), null=True)
    duration_ms = models.PositiveIntegerField(_("duration (ms)"), default=0)
    baseline_server_ms = models.BigIntegerField(null=True)
    baseline_tokens_left = models.IntegerField(null=True)
    baseline_ledger_id = models.BigIntegerField(null=True)

    class Meta:
        db_table = "keepa_token_reservation"
        verbose_name = _("token reservation")
        verbose_name_plural = _("token reservations")

    def __str__(self) -> str:
        return f"{self.endpoint}: {self.cost}"


class TokenLedgerEntry(models.Model):
    """One attempt at a Keepa call and what it cost, to the token; kept for ever."""

    class Outcome(models.TextChoices):
        """How a call ended, and how its cost is known."""

        OK = "ok", _("answered")
        REFUSED = "refused", _("refused")
        EXHAUSTED = "exhausted", _("out of tokens")
        SERVER_ERROR = "server_error", _("server error")
        GARBLED = "garbled", _("unreadable answer")
        UNREACHABLE = "unreachable", _("unreachable")
        TIMEOUT = "timeout", _("timeout")
        # The answer was lost; its cost was found by comparing balances.
        RECONCILED = "reconciled", _("lost, cost reconciled")
        # The answer was lost and the balances cannot tell: the most it can have cost.
        ESTIMATED = "estimated", _("lost, cost estimated")

    call_id = models.BigIntegerField(_("call"), unique=True, editable=False)
    account = models.CharField(_("account"), max_length=16, editable=False)
    endpoint = models.CharField(_("endpoint"), max_length=20)
    marketplace = models.CharField(_("marketplace"), max_length=8, blank=True)
    purpose = models.CharField(_("purpose"), max_length=20)
    items = models.PositiveIntegerField(_("items"), default=0)
    repeats = models.BigIntegerField(
        _("asks again"),
        null=True,
        help_text=_("The number of the call without an answer that this one makes again."),
    )
    tokens_consumed = models.IntegerField(_("tokens consumed"))
    tokens_left = models.IntegerField(_("tokens left"), null=True)
    refill_rate = models.IntegerField(_("tokens per minute"), null=True)
    refill_in_ms = models.IntegerField(_("next refill in (ms)"), null=True)
    server_ms = models.BigIntegerField(_("Keepa's clock (ms)"), null=True)
    duration_ms = models.PositiveIntegerField(_("duration (ms)"))
    outcome = models.CharField(_("outcome"), max_length=20, choices=Outcome.choices)
    http_status = models.PositiveSmallIntegerField(_("HTTP status"), null=True)
    created_at = models.DateTimeField(_("created"))

    class Meta:
        db_table = "keepa_token_ledger"
        verbose_name = _("token ledger entry")
        verbose_name_plural = _("token ledger")
        ordering = ("-created_at", "-id")
        indexes = (
            models.Index(fields=["created_at"], name="keepa_ledger_created"),
            models.Index(fields=["account", "server_ms"], name="keepa_ledger_clock"),
        )

    def __str__(self) -> str:
        return f"{self.endpoint} {self.outcome}: {self.tokens_consumed}"
