"""Work in the background and what it found: a search of a niche, a supplier's list, a job's look.

Every kind of work is a ``Run`` with one ``RunLine`` for each product; lines that are settled stay
settled, whatever stops the rest.
"""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from discovery.models.vat import CostVat
from discovery.scoring import ShownVerdict, Verdict


class Run(models.Model):
    """One piece of work; its counters survive a reload, a restart and a lack of tokens."""

    class Kind(models.TextChoices):
        """What a run works on."""

        SEARCH = "search", _("search")
        LIST = "list", _("list")
        SOURCING = "sourcing", _("AutoSourcing")

    class AskedOn(models.TextChoices):
        """Where it was asked for, as the search history names it."""

        FRONTEND = "frontend", _("website")
        API = "api", "API"
        MCP = "mcp", _("agent")
        SCHEDULE = "schedule", _("schedule")

    class State(models.TextChoices):
        """How far a run has come."""

        DRAFT = "draft", _("to be confirmed")
        QUEUED = "queued", _("queued")
        RUNNING = "running", _("running")
        WAITING = "waiting", _("waiting")
        DONE = "done", _("done")
        FAILED = "failed", _("failed")
        CANCELLED = "cancelled", _("cancelled")

    ACTIVE = (State.QUEUED, State.RUNNING, State.WAITING)
    FINISHED = (State.DONE, State.FAILED, State.CANCELLED)
    RESUMABLE = (State.WAITING, State.FAILED, State.CANCELLED)

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    kind = models.CharField(_("kind"), max_length=12, choices=Kind.choices)
    asked_on = models.CharField(
        _("asked for on"),
        max_length=12,
        choices=AskedOn.choices,
        default=AskedOn.FRONTEND,
        db_default=AskedOn.FRONTEND,
    )
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("owner"),
        on_delete=models.CASCADE,
        related_name="runs",
    )
    name = models.CharField(
        _("name"),
        max_length=120,
        blank=True,
        help_text=_("Of a list, or of the niche of somebody else; a search has its own niche."),
    )
    niche = models.ForeignKey(
        "discovery.Niche",
        verbose_name=_("niche"),
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="runs",
    )
    job = models.ForeignKey(
        "discovery.SourcingJob",
        verbose_name=_("sourcing job"),
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="runs",
    )
    marketplace = models.CharField(_("marketplace"), max_length=8)
    filters = models.JSONField(_("filters"), default=dict, help_text=_("What a search asks for."))
    columns = models.JSONField(
        _("columns"), default=dict, help_text=_("How the columns of the list were understood.")
    )
    profile = models.ForeignKey(
        "discovery.BusinessProfile",
        verbose_name=_("profile"),
        null=True,
        on_delete=models.SET_NULL,
        related_name="+",
    )
    # Frozen at the start: all lines are scored alike, though the profile may change meanwhile.
    profile_revision = models.PositiveIntegerField(_("profile revision"), default=0)
    profile_settings = models.JSONField(_("profile settings"), default=dict)
    state = models.CharField(_("state"), max_length=12, choices=State.choices, default=State.QUEUED)
    shared = models.BooleanField(
        _("shared with the team"),
        default=False,
        db_default=False,
        help_text=_("Everybody of the site may read it; only its owner may change it."),
    )
    found = models.PositiveIntegerField(
        _("found"), default=0, help_text=_("Products that answer the search, scored or not.")
    )
    fetched = models.PositiveIntegerField(_("fetched"), default=0)
    max_results = models.PositiveSmallIntegerField(_("products to score"), null=True)
    total = models.PositiveIntegerField(_("products"), default=0)
    bad = models.PositiveIntegerField(_("bad lines"), default=0)
    merged = models.PositiveIntegerField(_("merged lines"), default=0)
    done = models.PositiveIntegerField(_("analysed"), default=0)
    done_before = models.PositiveIntegerField(
        _("analysed before the last start"), default=0, help_text=_("The pace is counted from here")
    )
    tokens_spent = models.IntegerField(_("tokens spent"), default=0)
    tokens_saved = models.IntegerField(_("tokens saved"), default=0)
    # What search_history has been told already: a resumed run adds only the rest.
    told_spent = models.IntegerField(default=0, editable=False)
    told_saved = models.IntegerField(default=0, editable=False)
    worked_ms = models.PositiveBigIntegerField(_("working time (ms)"), default=0)
    attempts = models.PositiveSmallIntegerField(
        _("failed attempts"), default=0, help_text=_("In a row, at the batch under way.")
    )
    # What the batch under way had bought by then is found at hand, and is written down later.
    interrupted = models.BooleanField(_("interrupted in a batch"), default=False, db_default=False)
    holder = models.UUIDField(_("holder"), null=True, editable=False)
    cancel_requested = models.BooleanField(_("cancel requested"), default=False)
    outcome = models.JSONField(
        _("outcome"), null=True, help_text=_("Where the answer to a search came from.")
    )
    failure = models.JSONField(_("failure"), null=True)
    resume_at = models.DateTimeField(_("goes on at"), null=True)
    created_at = models.DateTimeField(_("created"), auto_now_add=True)
    started_at = models.DateTimeField(_("started"), null=True)
    progressed_at = models.DateTimeField(_("last sign of life"), null=True)
    finished_at = models.DateTimeField(_("finished"), null=True)

    class Meta:
        db_table = "run"
        verbose_name = _("run")
        verbose_name_plural = _("runs")
        ordering = ("-created_at",)
        indexes = (
            models.Index(fields=["owner", "kind", "-created_at"], name="run_owner_newest"),
            models.Index(
                fields=["kind", "-created_at"],
                name="run_shared_newest",
                condition=models.Q(shared=True),
            ),
            models.Index(
                fields=["state", "progressed_at"],
                name="run_under_way",
                condition=models.Q(state__in=("queued", "running", "waiting")),
            ),
        )
        constraints = (
            # A job never overlaps itself, whoever starts it.
            models.UniqueConstraint(
                fields=["job"],
                name="run_of_job_at_work",
                condition=models.Q(state__in=("queued", "running", "waiting")),
            ),
        )

    def __str__(self) -> str:
        return self.name or f"{self.pk} ({self.state})"

    def get_absolute_url(self) -> str:
        """The address of the run's page."""
        if self.is_sourcing:
            return reverse("discovery:sourcing_run", args=[self.pk])
        return reverse("discovery:list" if self.is_list else "discovery:run", args=[self.pk])

    @property
    def history_source(self) -> str:
        """``asked_on``, as the search history tells it: a job's look is always the schedule's."""
        return self.AskedOn.SCHEDULE if self.is_sourcing else self.asked_on

    @property
    def is_search(self) -> bool:
        """Whether it answers a question about a niche."""
        return self.kind == self.Kind.SEARCH

    @property
    def is_list(self) -> bool:
        """Whether it analyses a list that was given."""
        return self.kind == self.Kind.LIST

    @property
    def is_sourcing(self) -> bool:
        """Whether it is a look of a job that runs by itself."""
        return self.kind == self.Kind.SOURCING

    @property
    def is_active(self) -> bool:
        """Whether it is queued, at work, or waiting to go on."""
        return self.state in self.ACTIVE

    @property
    def is_finished(self) -> bool:
        """Whether it has ended, well or not."""
        return self.state in self.FINISHED

    @property
    def is_resumable(self) -> bool:
        """Whether it stopped, or waits, before all its products were done."""
        return self.state in self.RESUMABLE and self.done < self.total


class RunLine(models.Model):
    """One product of a run: what was given of it, then its score, or why there is none.

    The columns of the score are those the tables sort and filter by; ``breakdown`` holds every
    number and reason, as they were then. ``profit`` and ``roi_percent`` are those of a known cost,
    of the maximum cost for what is to be sourced, else null.
    """

    class State(models.TextChoices):
        """What became of a line."""

        PENDING = "pending", _("to be analysed")
        SCORED = "scored", _("analysed")
        UNKNOWN = "unknown", _("unknown to Amazon or Keepa")
        UNREADABLE = "unreadable", _("data could not be read")
        BAD = "bad", _("left out")

    run = models.ForeignKey(
        Run, verbose_name=_("run"), on_delete=models.CASCADE, related_name="lines"
    )
    position = models.PositiveIntegerField(
        _("position"), help_text=_("The rank of a search's product, the place in a list.")
    )
    number = models.PositiveIntegerField(_("line number"), default=0)
    also = models.JSONField(_("merged line numbers"), default=list)
    text = models.CharField(_("as given"), max_length=80, blank=True)
    code = models.CharField(_("code"), max_length=20, blank=True)
    asin = models.CharField("ASIN", max_length=20, blank=True)
    restored = models.BooleanField(_("zeros put back"), default=False)
    cost = models.DecimalField(_("cost"), max_digits=12, decimal_places=4, null=True)
    cost_vat = models.CharField(
        _("VAT of the cost"),
        max_length=4,
        choices=CostVat.choices,
        blank=True,
        default="",
        db_default="",
        help_text=_("Empty until the list starts: as its profile says."),
    )
    cost_given = models.CharField(
        _("cost as given"), max_length=40, blank=True, default="", db_default=""
    )
    pack = models.PositiveIntegerField(
        _("pack"), null=True, help_text=_("The units that the cost as given was divided by.")
    )
    notes = models.JSONField(
        _("notes"), default=list, db_default=models.Value([], models.JSONField())
    )
    quantity = models.PositiveIntegerField(_("quantity"), null=True)
    evidence = models.JSONField(
        _("evidence"),
        default=dict,
        db_default=models.Value({}, models.JSONField()),
        help_text=_("What the source of a job saw, and where the purchase price was found."),
    )
    state = models.CharField(
        _("state"), max_length=12, choices=State.choices, default=State.PENDING
    )
    reason = models.CharField(_("reason"), max_length=30, blank=True)
    value = models.CharField(_("value"), max_length=80, blank=True)
    title = models.CharField(_("title"), max_length=500, blank=True)
    verdict = models.CharField(_("verdict"), max_length=20, blank=True)
    sourcing = models.BooleanField(
        _("to source"),
        default=False,
        db_default=False,
        help_text=_("A Consider whose purchase price is unknown: worth looking for."),
    )
    buy_box_known = models.BooleanField(
        _("Buy Box known"),
        default=True,
        db_default=True,
        help_text=_("Whether the Buy Box was bought before the score was made."),
    )
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
    candidates = models.JSONField(
        _("candidates"), default=list, help_text=_("The products of its code, the best first.")
    )
    is_chosen = models.BooleanField(
        _("chosen"), default=False, help_text=_("Its product was chosen by the owner.")
    )
    cost_units = models.PositiveIntegerField(
        _("units the cost is for"), null=True, help_text=_("Empty: nobody has said.")
    )
    lots = models.PositiveIntegerField(
        _("lots"), null=True, help_text=_("What the quantity makes where units are sold in lots.")
    )
    parts = models.JSONField(
        _("merged lines"), default=list, help_text=_("Lines that turned out to be one product.")
    )

    class Meta:
        db_table = "run_line"
        verbose_name = _("line of a run")
        verbose_name_plural = _("lines of runs")
        ordering = ("position",)
        indexes = (
            models.Index(fields=["asin"], name="run_line_asin"),
            models.Index(fields=["run", "state"], name="run_line_state"),
        )
        constraints = (
            # Checked at the end of a statement: ranking a search moves its lines about.
            models.UniqueConstraint(
                fields=["run", "position"],
                name="run_line_position",
                deferrable=models.Deferrable.IMMEDIATE,
            ),
        )

    def __str__(self) -> str:
        return f"{self.position}. {self.asin or self.text}"

    @property
    def shown_verdict(self) -> ShownVerdict:
        """The verdict of a scored line as it is shown, counted and sorted."""
        return ShownVerdict.of(Verdict(self.verdict), sourcing=self.sourcing)
