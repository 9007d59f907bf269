"""Stored objects in words, so that templates are given the objects themselves."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django import template
from django.contrib.auth.models import AbstractBaseUser
from django.utils import timezone

from discovery.accounts import members, roles
from discovery.keepa.marketplaces import MARKETPLACES
from discovery.models import BusinessProfile, Run
from discovery.profiles import service as profiles
from discovery.profiles import text as profiles_text
from discovery.runs import text as runs_text
from discovery.runs.addresses import address_of
from discovery.text import conditions, formats

register = template.Library()

register.filter("in_words", conditions.filters_in_words)
register.filter("marketplace", conditions.marketplace_label)
register.filter("role", roles.role_of)
register.filter("is_waiting", members.is_waiting)
register.filter("difference_label", profiles_text.difference_label)


@register.filter
def since(moment: datetime | None) -> str:
    """How long ago it was, in one unit: ``3 hours``; empty for never."""
    return formats.age(timezone.now() - moment) if moment else ""


@register.filter
def currency(marketplace: str) -> str:
    """Its ISO 4217 code; empty for a marketplace we do not know."""
    return MARKETPLACES[marketplace].currency if marketplace in MARKETPLACES else ""


@register.filter
def run_address(run: Run, action: str) -> str:
    """The address at which that is done with the run: ``progress``, ``cancel``, ``export``, …"""
    return address_of(run, action)


@register.filter
def run_title(run: Run, names: conditions.CategoryNames | None = None) -> str:
    """The niche's name, else the question; ``names`` are those of its categories."""
    return runs_text.run_title(run, names or {})


@register.filter
def changeable_by(profile: BusinessProfile, user: AbstractBaseUser) -> bool:
    """Whether the user may save the profile."""
    return profiles.may_change(profile=profile, user=user)


@register.filter
def usable_by(profile: BusinessProfile, user: AbstractBaseUser) -> bool:
    """Whether the user may score with the profile."""
    return profiles.may_use(profile=profile, user=user)


@register.filter
def as_setting(value: Any, difference: profiles.Difference) -> str:
    """A value of this setting, on either side of a ``Difference``."""
    return profiles_text.difference_value(difference, value)
