"""Every finished search, kept for ever: what the dashboards measure, they measure here."""

from __future__ import annotations

from django.db import models
from django.db.models import Func
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _


class RandomUUIDText(Func):
    """``gen_random_uuid()`` as text: the id column is varchar(36), as adopted databases have it."""

    template = "(gen_random_uuid())::text"
    output_field = models.CharField()


class SearchHistory(models.Model):
    """One search: what was asked, from where, what came back, and what it cost or saved."""

    class SearchType(models.TextChoices):
        DISCOVERY = "discovery", _("discovery")
        SCORING = "scoring", _("scoring")
        AUTOSOURCING = "autosourcing", _("AutoSourcing")
        BULK = "bulk", _("list analysis")

    class Source(models.TextChoices):
        FRONTEND = "frontend", _("website")
        API = "api", "API"
        MANUAL = "manual", _("command line")
        SCHEDULE = "schedule", _("schedule")
        MCP = "mcp", _("agent")

    id = models.CharField(
        max_length=36, primary_key=True, db_default=RandomUUIDText(), editable=False
    )
    user_id = models.CharField(_("user"), max_length=36, null=True, blank=True)  # noqa: DJ001
    search_type = models.CharField(_("kind"), max_length=50, choices=SearchType.choices)
    filters = models.JSONField(_("filters"))
    results_count = models.IntegerField(_("results"))
    source = models.CharField(  # noqa: DJ001
        _("source"), max_length=50, null=True, blank=True, choices=Source.choices
    )
    created_at = models.DateTimeField(_("when"), null=True, db_default=Now())
    marketplace = models.CharField(_("marketplace"), max_length=8, null=True, blank=True)  # noqa: DJ001
    cache_hit = models.BooleanField(_("cache hit"), null=True)
    duration_ms = models.IntegerField(_("duration (ms)"), null=True)
    tokens_spent = models.IntegerField(_("tokens spent"), null=True)
    tokens_saved = models.IntegerField(_("tokens saved"), null=True)
    average_roi = models.FloatField(_("mean ROI %"), null=True)
    strong_buys = models.IntegerField(_("STRONG_BUY verdicts"), null=True)
    run_id = models.UUIDField(
        _("run"),
        null=True,
        blank=True,
        help_text=_("The answer that was kept; it may have been deleted since."),
    )

    cache = models.CharField(  # noqa: DJ001
        _("answered by"),
        max_length=10,
        null=True,
        blank=True,
        help_text=_("How the answer was come by: hit, subsumed, stored, stale or miss."),
    )

    class Meta:
        db_table = "search_history"
        verbose_name = _("search")
        verbose_name_plural = _("search history")
        indexes = (
            models.Index(fields=["created_at"], name="idx_history_created_at"),
            models.Index(fields=["user_id"], name="idx_history_user_id"),
            models.Index(fields=["search_type"], name="idx_history_search_type"),
            # A user's newest searches, and deep pages of them, without the rows of the others.
            models.Index(fields=["user_id", "-created_at", "id"], name="idx_history_user_newest"),
        )

    def __str__(self) -> str:
        return f"{self.search_type} {self.created_at:%Y-%m-%d %H:%M}"


class SearchQuarter(models.Model):
    """What the searches of a quarter of an hour add up to; written by ``analytics.rollup``."""

    quarter = models.DateTimeField(_("quarter of an hour"), primary_key=True)
    answered = models.BigIntegerField(_("searches"))
    hits = models.BigIntegerField(_("cache hits"))
    tokens_saved = models.BigIntegerField(_("tokens saved"))

    class Meta:
        db_table = "search_quarter"
        verbose_name = _("quarter of an hour of searches")
        verbose_name_plural = _("quarters of an hour of searches")

    def __str__(self) -> str:
        return f"{self.quarter:%Y-%m-%d %H:%M}: {self.answered}"


class AnswerQuarter(models.Model):
    """How the searches of one kind and source were answered in a quarter of an hour."""

    quarter = models.DateTimeField(_("quarter of an hour"))
    kind = models.CharField(_("kind"), max_length=50)
    source = models.CharField(_("source"), max_length=50)
    result = models.CharField(_("result"), max_length=10)
    cache = models.CharField(_("answered by"), max_length=10)
    answers = models.BigIntegerField(_("searches"))
    tokens_saved = models.BigIntegerField(_("tokens saved"))

    class Meta:
        db_table = "answer_quarter"
        verbose_name = _("quarter of an hour of answers")
        verbose_name_plural = _("quarters of an hour of answers")
        constraints = (
            models.UniqueConstraint(
                fields=["quarter", "kind", "source", "result", "cache"], name="answer_quarter_once"
            ),
        )

    def __str__(self) -> str:
        return f"{self.quarter:%Y-%m-%d %H:%M} {self.kind}: {self.answers}"


class LedgerQuarter(models.Model):
    """What one kind of Keepa call, for one purpose, cost in a quarter of an hour."""

    quarter = models.DateTimeField(_("quarter of an hour"))
    endpoint = models.CharField(_("endpoint"), max_length=20)
    purpose = models.CharField(_("purpose"), max_length=20)
    calls = models.BigIntegerField(_("calls"))
    failed = models.BigIntegerField(_("not answered"))
    tokens = models.BigIntegerField(_("tokens"))

    class Meta:
        db_table = "ledger_quarter"
        verbose_name = _("quarter of an hour of the ledger")
        verbose_name_plural = _("quarters of an hour of the ledger")
        constraints = (
            models.UniqueConstraint(
                fields=["quarter", "endpoint", "purpose"], name="ledger_quarter_once"
            ),
        )

    def __str__(self) -> str:
        return f"{self.quarter:%Y-%m-%d %H:%M} {self.endpoint}: {self.tokens}"


class RollupState(models.Model):
    """How far the rows of a table have been added up: to the beginning of a quarter."""

    source = models.CharField(_("table"), max_length=40, primary_key=True)
    rolled_until = models.DateTimeField(_("added up until"))

    class Meta:
        db_table = "rollup_state"
        verbose_name = _("state of a roll-up")
        verbose_name_plural = _("states of roll-ups")

    def __str__(self) -> str:
        return f"{self.source} {self.rolled_until:%Y-%m-%d %H:%M}"


class StaleQuarter(models.Model):
    """A quarter of which a row has changed: noted by a trigger, once a transaction."""

    source = models.CharField(_("table"), max_length=40)
    quarter = models.DateTimeField(_("quarter of an hour"))
    noted_by = models.BigIntegerField(_("transaction"))

    class Meta:
        db_table = "stale_quarter"
        verbose_name = _("quarter to add up anew")
        verbose_name_plural = _("quarters to add up anew")
        indexes = (models.Index(fields=["source", "quarter"], name="stale_quarter_of"),)

    def __str__(self) -> str:
        return f"{self.source} {self.quarter:%Y-%m-%d %H:%M}"


class CacheAlert(models.Model):
    """When we last warned that the caches save too little: at most once a day."""

    name = models.CharField(_("alert"), max_length=40, primary_key=True)
    last_alert_at = models.DateTimeField(_("last alert"))
    ratio = models.FloatField(_("hit ratio"))

    class Meta:
        db_table = "cache_alert"
        verbose_name = _("cache alert")
        verbose_name_plural = _("cache alerts")

    def __str__(self) -> str:
        return f"{self.name} {self.last_alert_at:%Y-%m-%d %H:%M}"
