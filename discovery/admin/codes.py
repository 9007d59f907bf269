"""Codes of the tables in words: as columns, and as what a list is filtered by."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.contrib import admin
from django.contrib.admin.filters import AllValuesFieldListFilter
from django.utils.translation import gettext_lazy as _

from discovery.admin.large import NewestValuesFilter
from discovery.models import ScoringCacheEntry, TokenLedgerEntry
from discovery.scoring import ShownVerdict
from discovery.text.calls import endpoint_label, purpose_label
from discovery.text.labels import verdict_label


def verdict_word(code: str) -> str:
    """A verdict in words; what another program wrote, as it stands."""
    return verdict_label(code) if code in set(ShownVerdict) else code


@admin.display(description=_("verdict"), ordering="recommendation")
def verdict(entry: ScoringCacheEntry) -> str:
    """In words; what another program wrote, as it stands."""
    return verdict_word(entry.recommendation)


@admin.display(description=_("endpoint"), ordering="endpoint")
def asked_for(entry: TokenLedgerEntry) -> str:
    """What the call asked Keepa for."""
    return endpoint_label(entry.endpoint)


@admin.display(description=_("purpose"), ordering="purpose")
def wanted_by(entry: TokenLedgerEntry) -> str:
    """Who wanted the call."""
    return purpose_label(entry.purpose)


class _InWords(AllValuesFieldListFilter):
    @staticmethod
    def word(code: str) -> str:
        """A value in words."""
        raise NotImplementedError

    def choices(self, changelist: Any) -> Iterator[Any]:
        """Every value that occurs, in words; "all" is a word already."""
        for choice in super().choices(changelist):
            yield {**choice, "display": self.word(str(choice["display"]))}


class VerdictFilter(_InWords):
    """By verdict."""

    word = staticmethod(verdict_word)


class EndpointFilter(_InWords, NewestValuesFilter):
    """By what was asked of Keepa."""

    word = staticmethod(endpoint_label)


class PurposeFilter(_InWords, NewestValuesFilter):
    """By who wanted it."""

    word = staticmethod(purpose_label)
