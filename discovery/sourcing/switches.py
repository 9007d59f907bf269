"""What spends tokens by itself: jobs, and the refreshing of what will be asked next.

In the demonstration both are on, for tokens cost nothing there. With a real key both are off until
somebody switches them on: nobody finds tokens spent that they did not ask to be spent.
"""

from __future__ import annotations

from dataclasses import dataclass

from django.conf import settings

from discovery.models import SourcingSwitch


@dataclass(frozen=True, slots=True)
class Switches:
    """What runs by itself now."""

    runs_jobs: bool
    uses_idle_tokens: bool


def switches() -> Switches:
    """Both switches, in one statement."""
    row = SourcingSwitch.objects.filter(pk=1).first() or SourcingSwitch()
    usual = by_default()
    return Switches(
        runs_jobs=usual if row.runs_jobs is None else row.runs_jobs,
        uses_idle_tokens=usual if row.uses_idle_tokens is None else row.uses_idle_tokens,
    )


def by_default() -> bool:
    """What a switch nobody has touched stands for."""
    return bool(settings.KEEPA_SANDBOX)


def runs_jobs() -> bool:
    """Whether jobs run by themselves."""
    return switches().runs_jobs


def uses_idle_tokens() -> bool:
    """Whether tokens that would expire refresh what will be asked next."""
    return switches().uses_idle_tokens


def set_switch(*, runs_jobs: bool | None = None, uses_idle_tokens: bool | None = None) -> Switches:
    """Turn the switches that are given; returns both.

    What stands as it does by itself is not kept: "on" in the demonstration is no consent to spend
    the tokens of a key that is set later.
    """
    chosen = {"runs_jobs": runs_jobs, "uses_idle_tokens": uses_idle_tokens}
    changes = {
        name: None if value is by_default() else value
        for name, value in chosen.items()
        if value is not None
    }
    if changes:
        SourcingSwitch.objects.update_or_create(pk=1, defaults=changes)
    return switches()
