"""Whether two answers were scored alike, and the profiles with which both can be scored again."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass

from django.contrib.auth.models import AbstractBaseUser
from django.core.exceptions import ObjectDoesNotExist
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from discovery.models import Run
from discovery.profiles.service import ActiveProfile, activate, may_use
from discovery.runs import queries
from discovery.runs.endings import frozen_profile
from discovery.runs.rescoring import Rescored
from discovery.text import formats


@dataclass(frozen=True, slots=True)
class Choice:
    """A profile that both answers can be scored with; ``value`` names it in the address."""

    value: str
    profile: ActiveProfile
    label: str


@dataclass(frozen=True, slots=True)
class Alike:
    """Why verdicts and ROI of two answers are not comparable, in words; why prices are not."""

    reasons: tuple[str, ...]
    prices: bool = True

    @property
    def verdicts(self) -> bool:
        """Whether verdicts and ROI can be compared."""
        return not self.reasons


def alike(before: Run, after: Run) -> Alike:
    """Whether both were scored by the same engine with the same settings.

    A copy of a profile that was not changed is another profile with the same settings.
    """
    reasons = []
    (old_engine, old_settings), (engine, settings) = (
        queries.engine_of(run=run) for run in (before, after)
    )
    told = bool(old_settings and settings)
    if told and old_engine != engine:
        reasons.append(
            _(
                "These answers were not scored by the same version of the engine: %(before)s and "
                "%(after)s."
            )
            % {"before": old_engine, "after": engine}
        )
    elif (told and old_settings != settings) or (not told and _profile(before) != _profile(after)):
        reasons.append(_not_the_same_profile())
    return Alike(tuple(reasons), prices=not reasons or _price_rule(before) == _price_rule(after))


def choices_for(before: Run, after: Run, *, user: AbstractBaseUser) -> tuple[Choice, ...]:
    """The profile of either answer, as it was, and the later one's as it is now; each once."""
    found: dict[str, Choice] = {}
    for choice in _choices(before, after, user=user):
        found.setdefault(choice.profile.settings.fingerprint, choice)
    return tuple(found.values())


def rescored_facts(found: Rescored, choice: Choice) -> Iterator[str]:
    """What one has to know of a comparison that was scored again."""
    yield _(
        "Both answers are scored again with %(profile)s, for no token. What is stored of them "
        "stays as it is."
    ) % {"profile": choice.label}
    yield _(
        "Price, sales rank and number of offers are those that each answer recorded; all else is "
        "what is known of the products today."
    )
    counted = {"count": formats.number(found.unknown)}
    if found.unknown:
        yield (
            ngettext(
                "%(count)s product is left out: nothing is stored of it any more.",
                "%(count)s products are left out: nothing is stored of them any more.",
                found.unknown,
            )
            % counted
        )
    if found.beyond:
        yield ngettext(
            "%(count)s product is left out: the first %(most)s of both answers are scored again.",
            "%(count)s products are left out: the first %(most)s of both answers are scored again.",
            found.beyond,
        ) % {
            "count": formats.number(found.beyond),
            "most": formats.number(found.products + found.unknown),
        }
    if found.at_todays_price:
        yield ngettext(
            "%(count)s line is scored at today’s price: its answer recorded none for this profile.",
            "%(count)s lines are scored at today’s price: their answer recorded none for this "
            "profile.",
            found.at_todays_price,
        ) % {"count": formats.number(found.at_todays_price)}


def _not_the_same_profile() -> str:
    return _("They were not scored with the same profile, or it was changed in between.")


def _profile(run: Run) -> object:
    """Which profile, and which revision of it, a run was scored with."""
    return (run.outcome or {}).get("profile") or (run.profile_id, run.profile_revision)


def _price_rule(run: Run) -> object:
    """From which price of a product the run's profile reads the one to sell at."""
    with suppress(ObjectDoesNotExist, ValueError):
        settings = frozen_profile(run).settings.for_marketplace(run.marketplace)
        return settings.condition, settings.price_basis, settings.average_days
    return run.pk  # unknown, and so like no other


def _choices(before: Run, after: Run, *, user: AbstractBaseUser) -> Iterator[Choice]:
    for value, run in (("before", before), ("after", after)):
        with suppress(ObjectDoesNotExist, ValueError):
            frozen = frozen_profile(run)
            yield Choice(value, frozen, _name(frozen, run))
    if after.profile and may_use(profile=after.profile, user=user):
        with suppress(ValueError):
            current = activate(after.profile)
            label = _("“%(profile)s” as it is now") % {"profile": current.name}
            yield Choice("now", current, label)


def _name(profile: ActiveProfile, run: Run) -> str:
    return _("“%(profile)s” as it was for the answer of %(when)s") % {
        "profile": profile.name or _("deleted profile"),
        "when": formats.when(run.created_at),
    }
