"""Lists a user has had analysed, and their lines: done ones stay done, whatever stops the rest."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _


class ProductList(models.Model):
    """A list under analysis; its counters survive a reload, a restart and a lack of tokens."""

    class State(models.TextChoices):
        DRAFT = "draft", _("to be confirmed")
        QUEUED = "queued", _("queued")
        RUNNING = "running", _("running")
        WAITING = "waiting", _("waiting")
        DONE = "done", _("done")
        FAILED = "failed", _("failed")
        CANCELLED = "cancelled", _("cancelled")

    ACTIVE = (State.QUEUED, State.RUNNING, State.WAITING)
    RESUMABLE = (State.WAITING, State.FAILED, State.CANCELLED)

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("owner"),
        on_delete=models.CASCADE,
        related_name="product_lists",
    )
    name = models.CharField(_("name"), max_length=120)
    marketplace = models.CharField(_("marketplace"), max_length=8)
    profile = models.ForeignKey(
        "discovery.BusinessProfile",
        verbose_name=_("profile"),
        null=True,
        on_delete=models.SET_NULL,
        related_name="+",
    )
    profile_revision = models.PositiveIntegerField(_("profile revision"), default=0)
    # Frozen at the start: all lines are scored alike, though the profile may change meanwhile.
    profile_settings = models.JSONField(_("profile settings"), default=dict)
    columns = models.JSONField(
        _("columns"), default=dict, help_text=_("How the columns of the list were understood.")
    )
    state = models.CharField(_("state"), max_length=12, choices=State.choices, default=State.DRAFT)
    total = models.PositiveIntegerField(_("products"), default=0)
    bad = models.PositiveIntegerField(_("bad lines"), default=0)
    merged = models.PositiveIntegerField(_("merged lines"), default=0)
    done = models.PositiveIntegerField(_("analysed"), default=0)
    done_before = models.PositiveIntegerField(
        _("analysed before the last start"), default=0, help_text=_("The pace is counted from here")
    )
    tokens_spent = models.IntegerField(_("tokens spent"), default=0)
    tokens_saved = models.IntegerField(_("tokens saved"), default=0)
    # What search_history has been told already: a resumed list adds only the rest.
    told_spent = models.IntegerField(default=0, editable=False)
    told_saved = models.IntegerField(default=0, editable=False)
    worked_ms = models.PositiveBigIntegerField(_("working time (ms)"), default=0)
    attempts = models.PositiveSmallIntegerField(
        _("failed attempts"), default=0, help_text=_("In a row, at the batch under way.")
    )
    holder = models.UUIDField(_("holder"), null=True, editable=False)
    cancel_requested = models.BooleanField(_("cancel requested"), default=False)
    failure = models.JSONField(_("failure"), null=True)
    resume_at = models.DateTimeField(_("goes on at"), null=True)
    created_at = models.DateTimeField(_("created"), auto_now_add=True)
    started_at = models.DateTimeField(_("started"), null=True)
    progressed_at = models.DateTimeField(_("last sign of life"), null=True)
    finished_at = models.DateTimeField(_("finished"), null=True)

    class Meta:
        db_table = "product_list"
        verbose_name = _("product list")
        verbose_name_plural = _("product lists")
        ordering = ("-created_at",)
        indexes = (models.Index(fields=["owner", "-created_at"], name="product_list_owner_newest"),)

    def __str__(self) -> str:
        return self.name

    @property
    def is_active(self) -> bool:
        return self.state in self.ACTIVE

    @property
    def is_resumable(self) -> bool:
        return self.state in self.RESUMABLE and self.done < self.total


class ListLine(models.Model):
    """One line of a list: as given, then with its score, or with why there is none."""

    class State(models.TextChoices):
        PENDING = "pending", _("to be analysed")
        SCORED = "scored", _("analysed")
        UNKNOWN = "unknown", _("unknown to Amazon or Keepa")
        UNREADABLE = "unreadable", _("data could not be read")
        BAD = "bad", _("left out")

    product_list = models.ForeignKey(
        ProductList, verbose_name=_("list"), on_delete=models.CASCADE, related_name="lines"
    )
    position = models.PositiveIntegerField(_("position"))
    number = models.PositiveIntegerField(_("line number"))
    also = models.JSONField(_("merged line numbers"), default=list)
    text = models.CharField(_("as given"), max_length=80, blank=True)
    code = models.CharField(_("code"), max_length=20, blank=True)
    asin = models.CharField("ASIN", max_length=20, blank=True)
    restored = models.BooleanField(_("zeros put back"), default=False)
    cost = models.DecimalField(_("cost"), max_digits=12, decimal_places=4, null=True)
    quantity = models.PositiveIntegerField(_("quantity"), null=True)
    state = models.CharField(
        _("state"), max_length=12, choices=State.choices, default=State.PENDING
    )
    reason = models.CharField(_("reason"), max_length=30, blank=True)
    value = models.CharField(_("value"), max_length=80, blank=True)
    title = models.CharField(_("title"), max_length=500, blank=True)
    verdict = models.CharField(_("verdict"), max_length=20, blank=True)
    price = models.DecimalField(_("price"), max_digits=12, decimal_places=2, null=True)
    max_cost = models.DecimalField(
        _("maximum buy price"), max_digits=12, decimal_places=2, null=True
    )
    landed_cost = models.DecimalField(_("landed cost"), max_digits=12, decimal_places=4, null=True)
    profit = models.DecimalField(_("profit"), max_digits=12, decimal_places=2, null=True)
    roi_percent = models.FloatField(_("ROI %"), null=True)
    velocity_score = models.FloatField(_("velocity"), null=True)
    rank_score = models.FloatField(_("rank"), null=True)
    bsr = models.IntegerField(_("BSR"), null=True)
    breakdown = models.JSONField(_("breakdown"), null=True)

    class Meta:
        db_table = "product_list_line"
        verbose_name = _("line of a list")
        verbose_name_plural = _("lines of lists")
        ordering = ("position",)
        indexes = (models.Index(fields=["product_list", "state"], name="product_list_line_state"),)
        constraints = (
            models.UniqueConstraint(
                fields=["product_list", "position"], name="product_list_line_position"
            ),
        )

    def __str__(self) -> str:
        return f"{self.number}. {self.text}"
