"""Mes Niches: what others share with the team, read, copied, and searched for oneself."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.core.paginator import Page
from django.http import HttpRequest
from django.utils.translation import gettext as _

from discovery.accounts.members import signed_in
from discovery.models import Niche, Run
from discovery.niches.searching import search_niche
from discovery.niches.sharing import page_of_shared_niches
from discovery.profiles.service import may_use
from discovery.runs.sharing import page_of_shared_runs


@dataclass(frozen=True, slots=True)
class Shared:
    """A page of the niches that others share, and one of their answers."""

    niches: Page[Niche]
    answers: Page[Run]

    @property
    def is_empty(self) -> bool:
        """Whether nobody shares anything."""
        return not (self.niches.paginator.count or self.answers.paginator.count)

    def filters(self) -> Iterator[dict[str, Any]]:
        """The questions shown, whose categories need their names."""
        yield from (niche.filters for niche in self.niches)
        yield from (run.filters for run in self.answers)


def shared_with(request: HttpRequest) -> Shared:
    """What the team shares with who asks: ``?team=`` and ``?answers=`` number the pages."""
    user, asked = signed_in(request), request.GET
    return Shared(
        niches=page_of_shared_niches(user=user, number=asked.get("team", "1")),
        answers=page_of_shared_runs(
            user=user, kind=Run.Kind.SEARCH, number=asked.get("answers", "1")
        ),
    )


def run_for_me(request: HttpRequest, niche: Niche) -> Run:
    """Search somebody else's niche as one's own search, which says so where the profile differs.

    Raises as ``search_niche``.
    """
    user = signed_in(request)
    run = search_niche(niche=niche, user=user)
    if niche.profile and not may_use(profile=niche.profile, user=user):
        messages.info(
            request,
            _("The profile of this niche is %(owner)s’s own: yours, “%(profile)s”, was taken.")
            % {
                "owner": niche.owner.get_username(),
                "profile": run.profile.name if run.profile else "",
            },
        )
    return run
