"""Who may come in: API tokens, how often they call, failed attempts, and when access ended."""

from __future__ import annotations

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class Scope(models.TextChoices):
    """What a token opens, besides what its owner's role forbids."""

    READ = "read", _("Read")
    SEARCH = "search", _("Search, change and spend")
    ADMIN = "admin", _("Administer the site")


def scopes_of_old() -> list[str]:
    """What tokens could do before they had scopes, and a new one can unless told otherwise."""
    return [Scope.READ.value, Scope.SEARCH.value]


class ApiToken(models.Model):
    """A Bearer token; its text was shown once, when it was created."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("user"),
        on_delete=models.CASCADE,
        related_name="api_tokens",
    )
    name = models.CharField(_("name"), max_length=80, blank=True)
    prefix = models.CharField(
        _("starts with"), max_length=12, help_text=_("To recognise it in a list.")
    )
    token_hash = models.CharField(_("SHA-256 of the token"), max_length=64, unique=True)
    created_at = models.DateTimeField(_("created"), auto_now_add=True)
    last_used_at = models.DateTimeField(_("last used"), null=True, blank=True)
    revoked_at = models.DateTimeField(_("revoked"), null=True, blank=True)
    scopes = ArrayField(
        models.CharField(max_length=10, choices=Scope.choices),
        verbose_name=_("scopes"),
        default=scopes_of_old,
        db_default=["read", "search"],
    )
    expires_at = models.DateTimeField(_("expires"), null=True, blank=True)

    class Meta:
        db_table = "api_token"
        verbose_name = _("API token")
        verbose_name_plural = _("API tokens")
        ordering = ("-created_at",)

    def __str__(self) -> str:
        return f"{self.prefix}… ({self.user})"

    @property
    def scope_labels(self) -> list[str]:
        """What it opens, in words."""
        return [str(Scope(scope).label) for scope in self.scopes]

    @property
    def is_expired(self) -> bool:
        """Whether its day has come."""
        return self.expires_at is not None and self.expires_at <= timezone.now()


class FailedAttempt(models.Model):
    """A wrong password or link, or an attempt whose end is not known yet.

    Written by ``discovery.accounts.throttle``, once for each way it is counted.
    """

    # Of names and addresses only a digest: a password typed in the wrong field is not kept.
    key = models.CharField(max_length=32)
    at = models.DateTimeField()

    class Meta:
        db_table = "failed_attempt"
        indexes = (
            models.Index(fields=["key", "at"], name="failed_attempt_key"),
            models.Index(fields=["at"], name="failed_attempt_at"),
        )

    def __str__(self) -> str:
        return f"{self.key} {self.at:%Y-%m-%d %H:%M:%S}"


class AccessEnd(models.Model):
    """When all that opened a user's account was last made void: sessions, tokens, links.

    Password links, which are not stored, are sealed with it.
    """

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, primary_key=True, related_name="+"
    )
    ended_at = models.DateTimeField()

    class Meta:
        db_table = "access_end"

    def __str__(self) -> str:
        return f"{self.user_id} {self.ended_at:%Y-%m-%d %H:%M:%S}"


class ApiRate(models.Model):
    """How many requests a token, a user or an address has made in its current window.

    The table is not logged: what a crash empties is worth nothing a minute later.
    """

    # The policy and whom it counts: token:12 or user:3 (ids), address:203.0.113.7.
    key = models.CharField(max_length=80, primary_key=True)
    started_at = models.DateTimeField()
    requests = models.IntegerField()

    class Meta:
        db_table = "api_rate"

    def __str__(self) -> str:
        return f"{self.key}: {self.requests}"


class IdempotentCall(models.Model):
    """A call made with an ``Idempotency-Key``, and what it answered: made again, it answers so.

    Written by ``discovery.api.idempotency``; deleted a day later.
    """

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+", db_index=False
    )
    key = models.CharField(max_length=255)
    fingerprint = models.CharField(max_length=64)  # SHA-256 of method, address and body
    started_at = models.DateTimeField()
    # Until it has answered, none; one whose process died may be made again after a while.
    status = models.PositiveSmallIntegerField(null=True)
    headers = models.JSONField(default=dict)
    body = models.BinaryField(default=b"")

    class Meta:
        db_table = "api_idempotent_call"
        constraints = (
            models.UniqueConstraint(fields=["user", "key"], name="api_idempotent_call_key"),
        )
        indexes = (models.Index(fields=["started_at"], name="api_idempotent_call_started"),)

    def __str__(self) -> str:
        return f"{self.user_id} {self.key}"
