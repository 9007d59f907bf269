"""How a run ends: what is at hand is settled, a search is ranked, the history is told.

All of it in one transaction: killed in between, a run has not ended, and ends once more.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.core.exceptions import ObjectDoesNotExist
from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from discovery.models import BusinessProfile, Run, RunLine
from discovery.products.product_costs import costs_of
from discovery.profiles.service import ActiveProfile, activate
from discovery.rows import write_back
from discovery.runs.announcements import announce
from discovery.runs.lines import SCORED_FIELDS, put_score
from discovery.runs.ranking import close_search, rank_so_far
from discovery.runs.summary import unfinished_of, with_batch
from discovery.scoring import Profile
from discovery.search.results import Asker
from discovery.search.score_products import Funnel, take_known

logger = logging.getLogger(__name__)


def end_run(
    *,
    held: QuerySet[Run],
    run_id: UUID,
    state: Run.State,
    failure: dict[str, Any] | None = None,
    rescores: bool = True,
    closes: Callable[[Run], None] = lambda _run: None,
    **changes: Any,
) -> bool:
    """End the run if ``held`` still finds it; returns whether it did.

    A search shows all that is known of its products by then, whoever stopped it. Without
    ``rescores`` only scores already made are shown: whatever kills the workers may be the scoring.
    ``closes`` writes what else follows from the end.
    """
    with transaction.atomic():
        ended = held.update(
            state=state,
            holder=None,
            finished_at=timezone.now(),
            failure=failure,
            resume_at=None,
            **changes,
        )
        if ended:
            run = Run.objects.select_related("profile", "job").get(pk=run_id)
            if run.is_search:
                try:
                    with transaction.atomic():
                        _settle_at_hand(run, rescores=rescores)
                except (ValueError, ObjectDoesNotExist):
                    # A profile or score that no longer reads keeps no run from ending.
                    logger.exception("run %s ends without what was at hand", run_id)
                close_search(run_id=run_id)
            elif run.is_sourcing:
                rank_so_far(run_id=run_id)
            closes(run)
            announce(run_id=run_id)
    return bool(ended)


def _settle_at_hand(run: Run, *, rescores: bool) -> None:
    is_open = Q(state=RunLine.State.PENDING) | Q(asin__in=unfinished_of(run.outcome))
    lines = list(run.lines.filter(is_open))
    if not lines:
        return
    asins = [line.asin for line in lines]
    funnel = Funnel(
        marketplace=run.marketplace,
        profile=frozen_profile(run),
        asker=Asker(source="frontend"),
        costs=costs_of(user_id=run.owner_id, marketplace=run.marketplace, asins=asins),
    )
    take_known(funnel, asins=asins, rescores=rescores)
    settled = [line for line in lines if line.asin in funnel.products]
    for line in settled:
        put_score(line, funnel.products[line.asin])
    write_back(settled, SCORED_FIELDS)
    bought_since = run.created_at if run.interrupted else None
    outcome = with_batch(run.outcome, funnel, bought_since=bought_since)
    Run.objects.filter(pk=run.pk).update(outcome=outcome)


def frozen_profile(run: Run) -> ActiveProfile:
    """The profile as it was when the run was started."""
    profile = run.profile
    if not run.profile_revision:  # queued before profiles were frozen with their run
        return activate(profile or BusinessProfile.objects.get(is_default=True))
    return ActiveProfile(
        pk=profile.pk if profile else 0,
        slug=profile.slug if profile else "",
        name=profile.name if profile else "",
        revision=run.profile_revision,
        settings=Profile.from_settings(run.profile_settings),
    )
