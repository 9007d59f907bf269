"""What runs by itself: jobs, the products they have found, what each look at one has shown."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db import models
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from discovery.models.runs import Run
from discovery.scoring import ShownVerdict, Verdict


def every_day() -> list[int]:
    """All the weekdays, Monday (0) to Sunday (6)."""
    return list(range(7))


class CostKind(models.TextChoices):
    """Where a real purchase price comes from."""

    SAME_LISTING = "same_listing", _("same listing")
    EUROPE = "europe", _("Europe")
    DIP = "dip", _("dip")
    LIST = "list", _("supplier's list")
    STATED = "stated", _("your price")


def every_way() -> list[str]:
    """All the kinds of cost a job may look for by itself."""
    return [CostKind.SAME_LISTING.value, CostKind.EUROPE.value, CostKind.DIP.value]


class SourcingJob(models.Model):
    """What is looked at again and again for its owner; each time is a ``Run`` of its own.

    ``criteria`` is what its source asks for, ``cursor`` how far the source has come: both are the
    source's own. ``times`` ("07:30") and ``weekdays`` (Monday is 0) are in its owner's time zone.
    """

    class Source(models.TextChoices):
        """Where its candidates come from."""

        NICHE = "niche", _("niche")
        DEALS = "deals", _("deals")
        SELLERS = "sellers", _("sellers")
        FAVOURITES = "favourites", _("favourites and purchases")

    class State(models.TextChoices):
        """Whether it runs by itself."""

        ACTIVE = "active", _("active")
        PAUSED = "paused", _("paused")

    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("owner"),
        on_delete=models.CASCADE,
        related_name="sourcing_jobs",
    )
    name = models.CharField(_("name"), max_length=120)
    source = models.CharField(_("source"), max_length=12, choices=Source.choices)
    marketplace = models.CharField(_("marketplace"), max_length=8)
    niche = models.ForeignKey(
        "discovery.Niche",
        verbose_name=_("niche"),
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="sourcing_jobs",
    )
    profile = models.ForeignKey(
        "discovery.BusinessProfile",
        verbose_name=_("profile"),
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
    )
    criteria = models.JSONField(_("criteria"), default=dict, blank=True)
    cost_kinds = models.JSONField(_("kinds of cost"), default=every_way, blank=True)
    max_results = models.PositiveSmallIntegerField(_("products to score"), default=100)
    times = models.JSONField(_("times of day"), default=list, blank=True)
    weekdays = models.JSONField(_("weekdays"), default=every_day, blank=True)
    daily_cap = models.PositiveIntegerField(_("tokens a day at most"), null=True, blank=True)
    alert_rule = models.JSONField(_("alert rule"), default=dict, blank=True)
    state = models.CharField(_("state"), max_length=8, choices=State.choices, default=State.ACTIVE)
    pause_reason = models.CharField(
        _("reason of the pause"),
        max_length=30,
        blank=True,
        help_text=_("A code; empty when its owner paused it."),
    )
    cursor = models.JSONField(_("cursor"), default=dict, blank=True, editable=False)
    next_run_at = models.DateTimeField(_("runs next"), null=True, blank=True)
    last_run_at = models.DateTimeField(_("last started"), null=True, blank=True)
    created_at = models.DateTimeField(_("created"), auto_now_add=True)
    updated_at = models.DateTimeField(_("updated"), auto_now=True)

    class Meta:
        db_table = "sourcing_job"
        verbose_name = _("sourcing job")
        verbose_name_plural = _("sourcing jobs")
        ordering = ("-created_at",)
        indexes = (
            models.Index(fields=["owner", "-created_at"], name="sourcing_job_owner_newest"),
            models.Index(
                fields=["next_run_at"],
                name="sourcing_job_due",
                condition=models.Q(state="active"),
            ),
        )

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        """The address of the job's page."""
        return reverse("discovery:job", args=[self.pk])

    @property
    def is_paused(self) -> bool:
        """Whether it does not run by itself."""
        return self.state == self.State.PAUSED


class PickClass(models.TextChoices):
    """What the sightings of a product say of it; see ``discovery.scoring.picks``."""

    STABLE = "STABLE", _("stable")
    REVENANT = "REVENANT", _("back again")
    FLUKE = "FLUKE", _("first sighting")
    WATCH = "WATCH", _("to watch")
    JACKPOT = "JACKPOT", _("too good: to check")
    REJECT = "REJECT", _("rejected")


class Seen(models.Model):
    """The figures of one look at a product, in the marketplace's currency.

    ``cost`` is that of all a listing sells at once, carriage included; ``cost_source`` where it is
    asked: a marketplace, the kind of an offer, the name of a list. ``data_at`` is when Keepa
    looked, ``seen_at`` when we did. ``quantity``: how many one may expect to sell in 30 days.
    """

    seen_at = models.DateTimeField(_("seen"))
    data_at = models.DateTimeField(_("date of the data"))
    pick_class = models.CharField(_("class"), max_length=8, choices=PickClass.choices)
    verdict = models.CharField(_("verdict"), max_length=20)
    sourcing = models.BooleanField(_("to source"), default=False)
    cost_kind = models.CharField(
        _("kind of cost"), max_length=12, choices=CostKind.choices, blank=True
    )
    cost_source = models.CharField(_("bought at"), max_length=120, blank=True)
    cost = models.DecimalField(_("cost"), max_digits=12, decimal_places=4, null=True)
    price = models.DecimalField(_("price"), max_digits=12, decimal_places=2, null=True)
    profit = models.DecimalField(_("profit"), max_digits=12, decimal_places=2, null=True)
    roi_percent = models.FloatField(_("ROI %"), null=True)
    offers = models.PositiveIntegerField(_("offers"), null=True)
    bsr = models.IntegerField(_("BSR"), null=True)
    confidence = models.FloatField(_("confidence"), default=0)

    class Meta:
        abstract = True

    @property
    def shown_verdict(self) -> ShownVerdict:
        """The verdict as it is shown, counted and sorted."""
        return ShownVerdict.of(Verdict(self.verdict), sourcing=self.sourcing)


class Pick(Seen):
    """A product that a job has found for its owner: one row however many jobs see it.

    Its figures are those of the newest sighting, ``breakdown`` the score behind them. ``gone_at``
    is when a look at it no longer brought it. ``decision`` is remembered: an ignored one stays away
    until its verdict is better than ``ignored_verdict``. ``is_above`` is whether it meets the
    alert rule now, ``alerted`` the values last told.
    """

    class Decision(models.TextChoices):
        """What its owner decided."""

        NONE = "", _("undecided")
        IGNORED = "ignored", _("ignored")
        BOUGHT = "bought", _("bought")

    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("owner"),
        on_delete=models.CASCADE,
        related_name="picks",
    )
    marketplace = models.CharField(_("marketplace"), max_length=8)
    asin = models.CharField("ASIN", max_length=20)
    title = models.CharField(_("title"), max_length=500, blank=True)
    job = models.ForeignKey(
        SourcingJob,
        verbose_name=_("job"),
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="picks",
        help_text=_("The one that saw it last."),
    )
    rank_score = models.FloatField(_("rank"), null=True)
    max_cost = models.DecimalField(
        _("maximum buy price"), max_digits=12, decimal_places=2, null=True
    )
    quantity = models.PositiveIntegerField(_("quantity"), null=True)
    breakdown = models.JSONField(_("breakdown"), null=True)
    sightings_count = models.PositiveIntegerField(_("sightings"), default=0)
    first_seen_at = models.DateTimeField(_("first seen"))
    gone_at = models.DateTimeField(_("gone"), null=True, blank=True)
    decision = models.CharField(
        _("decision"), max_length=8, choices=Decision.choices, blank=True, default=""
    )
    decided_at = models.DateTimeField(_("decided"), null=True, blank=True)
    ignored_verdict = models.CharField(_("verdict when ignored"), max_length=20, blank=True)
    is_above = models.BooleanField(_("meets the alert rule"), default=False)
    alerted_at = models.DateTimeField(_("last alert"), null=True, blank=True)
    alerted = models.JSONField(_("values last told"), default=dict, blank=True)

    class Meta:
        db_table = "pick"
        verbose_name = _("pick")
        verbose_name_plural = _("picks")
        ordering = ("-seen_at",)
        constraints = (
            models.UniqueConstraint(fields=["owner", "marketplace", "asin"], name="pick_once"),
        )
        indexes = (models.Index(fields=["owner", "-seen_at"], name="pick_owner_newest"),)

    def __str__(self) -> str:
        return f"{self.asin} ({self.marketplace}): {self.pick_class}"


class Sighting(Seen):
    """One look at a pick in one run; kept apart, so that classes can be told from what was seen.

    A look that no longer finds it worth buying is one too: its verdict says so.
    """

    pick = models.ForeignKey(
        Pick, verbose_name=_("pick"), on_delete=models.CASCADE, related_name="sightings"
    )
    job = models.ForeignKey(
        SourcingJob,
        verbose_name=_("job"),
        null=True,
        on_delete=models.SET_NULL,
        related_name="sightings",
    )
    run = models.ForeignKey(
        Run, verbose_name=_("run"), null=True, on_delete=models.SET_NULL, related_name="sightings"
    )

    class Meta:
        db_table = "pick_sighting"
        verbose_name = _("sighting")
        verbose_name_plural = _("sightings")
        ordering = ("-seen_at",)
        constraints = (models.UniqueConstraint(fields=["run", "pick"], name="sighting_once_a_run"),)
        indexes = (models.Index(fields=["pick", "-seen_at"], name="sighting_newest"),)

    def __str__(self) -> str:
        return f"{self.pick_id}: {self.verdict}"


class Storefront(models.Model):
    """What a seller offers, as Keepa last listed it; shared by all who watch it.

    ``known`` are its ASINs, ``news`` those that were not there at the look before, newest first:
    ASIN and when it was found. Nothing about people is kept: no address, no telephone number.
    """

    marketplace = models.CharField(_("marketplace"), max_length=8)
    seller_id = models.CharField(_("seller"), max_length=20)
    name = models.CharField(_("name of the shop"), max_length=120, blank=True)
    looked_at = models.DateTimeField(_("last looked at"), null=True, blank=True)
    total = models.PositiveIntegerField(_("products"), null=True, blank=True)
    known = models.JSONField(_("known ASINs"), default=list, blank=True)
    news = models.JSONField(_("new ASINs"), default=list, blank=True)
    is_unknown = models.BooleanField(_("unknown to Keepa"), default=False)

    class Meta:
        db_table = "storefront"
        verbose_name = _("storefront")
        verbose_name_plural = _("storefronts")
        constraints = (
            models.UniqueConstraint(fields=["marketplace", "seller_id"], name="storefront_once"),
        )

    def __str__(self) -> str:
        return self.name or self.seller_id


class PlannerTick(models.Model):
    """What the planner saw and decided in one minute; kept for two weeks."""

    at = models.DateTimeField(_("at"), unique=True)
    tokens_left = models.IntegerField(_("tokens left"), null=True)
    capacity = models.IntegerField(_("capacity"), null=True)
    reason = models.CharField(_("reason"), max_length=30)
    started = models.JSONField(_("started"), default=list, help_text=_("Numbers of jobs."))
    refreshed = models.JSONField(_("refreshed"), default=list)

    class Meta:
        db_table = "planner_tick"
        verbose_name = _("decision of the planner")
        verbose_name_plural = _("decisions of the planner")
        ordering = ("-at",)

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M}: {self.reason}"


class SourcingSwitch(models.Model):
    """One row: what spends tokens by itself. Empty: yes in the demonstration, no with a key."""

    id = models.SmallIntegerField(primary_key=True, default=1, editable=False)
    runs_jobs = models.BooleanField(_("jobs run by themselves"), null=True, blank=True)
    uses_idle_tokens = models.BooleanField(
        _("idle tokens refresh what will be asked next"), null=True, blank=True
    )
    changed_at = models.DateTimeField(_("changed"), auto_now=True)

    class Meta:
        db_table = "sourcing_switch"
        verbose_name = _("AutoSourcing switch")
        verbose_name_plural = _("AutoSourcing switch")
        constraints = (
            models.CheckConstraint(condition=models.Q(id=1), name="sourcing_switch_one_row"),
        )

    def __str__(self) -> str:
        return f"{self.runs_jobs} {self.uses_idle_tokens}"


def alert_rule(**changes: Any) -> dict[str, Any]:
    """The alert rule of a job, as JSON holds it: what is left out is as here.

    ``verdict`` is the least verdict, ``min_roi`` percent, ``min_profit`` an amount as text in the
    marketplace's currency, ``cool_down_hours`` how long a product is not told of again.
    """
    usual: dict[str, Any] = {
        "on": True,
        "verdict": Verdict.BUY.value,
        "min_roi": None,
        "min_profit": None,
        "cool_down_hours": 24,
    }
    return {**usual, **changes}
