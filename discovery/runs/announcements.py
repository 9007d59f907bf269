"""Who hears that a run has ended: the search history, and an owner who wants an e-mail."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import Error, transaction
from django.db.models import Avg, Count, Q
from django.utils.translation import gettext as _
from django.utils.translation import override

from discovery.accounts.mail import mail_is_sent, send
from discovery.accounts.notifications import wants_search_mail
from discovery.models import Run, RunLine
from discovery.runs.queries import counts_of
from discovery.runs.text import run_title, state_label
from discovery.scoring import ShownVerdict, Verdict
from discovery.scoring.verdict import BUYS
from discovery.search.results import FREE_STATES
from discovery.signals import CompletedSearch, search_completed
from discovery.text import formats

LARGEST_DURATION = 2**31 - 1  # ms, what search_history holds
LONG = timedelta(minutes=1)  # whoever waits less is still looking at the page


def announce(*, run_id: UUID) -> None:
    """Tell the history what this stretch of the run has brought and cost; nothing if nothing.

    To be called in the transaction in which the run ends: one row a stretch, never two.
    """
    run = Run.objects.get(pk=run_id)
    spent = run.tokens_spent - run.told_spent
    saved = run.tokens_saved - run.told_saved
    is_new = spent or saved or run.done > run.done_before
    if not is_new and (run.done_before or not run.outcome):
        return
    real = Q(breakdown__score__hypothetical=False)
    found = run.lines.filter(state=RunLine.State.SCORED).aggregate(
        scored=Count("pk"),
        # A mean that mixes real purchase prices with assumed ones would mean nothing.
        roi=Avg("roi_percent", filter=real),
        strong=Count("pk", filter=Q(verdict=Verdict.STRONG_BUY.value)),
    )
    completed = CompletedSearch(
        source=run.history_source,
        user_id=str(run.owner_id),
        marketplace=run.marketplace,
        results_count=found["scored"],
        duration_ms=min(run.worked_ms, LARGEST_DURATION),
        tokens_spent=spent,
        tokens_saved=saved,
        average_roi=found["roi"],
        strong_buys=found["strong"],
        run_id=run.pk,
        **_question(run, spent),
    )
    with transaction.atomic():
        heard = search_completed.send_robust(sender=None, search=completed)
        # A listener's failed statement must not take the end of the run with it.
        if any(isinstance(answer, Error) for _listener, answer in heard):
            transaction.set_rollback(True)
    Run.objects.filter(pk=run_id).update(told_spent=run.tokens_spent, told_saved=run.tokens_saved)


def _question(run: Run, spent: int) -> dict[str, Any]:
    if run.is_search:
        cache = (run.outcome or {}).get("cache")
        return {
            "search_type": "discovery",
            "filters": run.filters,
            "cache_hit": cache in FREE_STATES,
            "cache": cache,
        }
    told = {"cache_hit": spent == 0, "cache": "miss" if spent else "hit"}
    if run.is_sourcing:
        asked = {"marketplace": run.marketplace, "job": run.name, "products": run.total}
        return {"search_type": "autosourcing", "filters": asked, **told}
    asked = {"marketplace": run.marketplace, "list": run.name, "products": run.total}
    return {"search_type": "bulk", "filters": asked, **told}


def mail_the_end(*, run: Run) -> bool:
    """Tell the owner of a search that took long that it has ended; returns whether it was sent."""
    if not run.is_search or run.state not in {Run.State.DONE, Run.State.FAILED}:
        return False  # whoever cancelled it knows
    if run.finished_at is None or run.finished_at - run.created_at < LONG or not mail_is_sent():
        return False
    user = wants_search_mail(user_id=run.owner_id)
    if user is None:
        return False
    counts, _unknown = counts_of(run=run)
    with override(settings.LANGUAGE_CODE):
        subject = _("ArbitrageVault: “%(title)s” has ended") % {"title": run_title(run, {})}
        text = _(
            "%(state)s: %(count)s products scored, of which %(buys)s to buy and %(sourcing)s to "
            "source, %(spent)s."
        ) % {
            "state": state_label(run.state),
            "count": formats.number(run.done),
            "buys": formats.number(sum(counts[ShownVerdict(verdict)] for verdict in BUYS)),
            "sourcing": formats.number(counts[ShownVerdict.SOURCING]),
            "spent": formats.spent(run.tokens_spent),
        }
    return send(addresses=[user.email], subject=subject, text=text)
