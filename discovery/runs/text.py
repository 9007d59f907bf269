"""A search in words: what was asked, where the answer came from, what went wrong; the queue too."""

from __future__ import annotations

from datetime import timedelta

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop, ngettext

from discovery.keepa.errors import kind_of
from discovery.models import Run
from discovery.products.scored import CacheState
from discovery.runs.pulse import Pulse
from discovery.text import formats
from discovery.text.conditions import CategoryNames, filters_in_words, joined

CACHE_ICONS = {
    CacheState.HIT: ("database", "good"),
    CacheState.SUBSUMED: ("sparkles", "good"),
    CacheState.STORED: ("database", "good"),
    CacheState.STALE: ("clock-alert", "warn"),
    CacheState.MISS: ("cloud-download", "info"),
}

STAGES = {
    "source": gettext_noop("Candidates"),
    "finder": gettext_noop("Product Finder"),
    "statistics": gettext_noop("Statistics and history"),
    "buy_box": gettext_noop("Buy Box detail"),
    "abroad": gettext_noop("Other European stores"),
}

INTERRUPTED = gettext_noop("The search was interrupted before its end.")


def cache_label(state: CacheState | str) -> str:
    """Where an answer came from, in two or three words."""
    match CacheState(state):
        case CacheState.HIT:
            return _("From the cache")
        case CacheState.SUBSUMED:
            return _("Deduced")
        case CacheState.STORED:
            return _("Recomputed")
        case CacheState.STALE:
            return _("Out of date")
        case CacheState.MISS:
            return _("Fresh from Keepa")


def cache_text(state: CacheState | str, age: timedelta) -> str:
    """Where the list of products came from, and how old it is."""
    ago = {"age": formats.age(age)}
    match CacheState(state):
        case CacheState.HIT | CacheState.STORED:
            return _("The same question was answered %(age)s ago.") % ago
        case CacheState.SUBSUMED:
            return _("Worked out from a wider search answered %(age)s ago.") % ago
        case CacheState.STALE:
            return _("Keepa could not be asked: this answer is %(age)s old.") % ago
        case CacheState.MISS:
            return _("The first search with these criteria.")


def stage_label(name: str) -> str:
    """The name of a stage of the funnel; a code we do not know stands for itself."""
    return _(STAGES[name]) if name in STAGES else name


def stage_text(*, items: int, tokens_spent: int, survivors: int) -> str:
    """How many products a stage was given, what it cost, how many it left."""
    given = ngettext("%(items)s product for %(tokens)s", "%(items)s products for %(tokens)s", items)
    left = ngettext("%(survivors)s left", "%(survivors)s left", survivors)
    return f"{given}, {left}" % {
        "items": formats.number(items),
        "tokens": formats.tokens(tokens_spent),
        "survivors": formats.number(survivors),
    }


def yield_text(*, picks: int, sourcing: int, tokens_spent: int) -> str:
    """Picks per 100 tokens: what the tokens of this search have brought.

    ``sourcing`` products, whose purchase price is still to be found, are counted apart.
    """
    bought = _bought_text(picks, tokens_spent)
    if not sourcing:
        return bought
    return f"{bought} · {sourcing_text(sourcing)}"


def sourcing_text(count: int) -> str:
    """How many products are to be sourced."""
    return _("%(count)s to source") % {"count": formats.number(count)}


def _bought_text(picks: int, tokens_spent: int) -> str:
    if tokens_spent <= 0:
        return _("%(picks)s to buy, for no token") % {"picks": formats.number(picks)}
    if not picks:
        return _("no purchase found")
    rate = formats.number(100 * picks / tokens_spent, 1)
    return _("%(rate)s to buy per 100 tokens") % {"rate": rate}


def problem_text(code: str) -> str:
    """What happened, from the stored code of a failure."""
    kind = kind_of(code)
    return str(kind.template) if kind else _(INTERRUPTED)


def retry_text(seconds: float | None) -> str:
    """When to try again, ``seconds`` from now; empty when nobody knows."""
    if seconds is None:
        return ""
    if seconds <= 0:
        return _("You can try again now.")
    return _("You can try again in %(delay)s.") % {"delay": formats.wait(seconds)}


def state_label(state: str) -> str:
    """The state of a run, in the active language."""
    return str(Run.State(state).label)


def run_title(run: Run, names: CategoryNames) -> str:
    """The name of the list or niche, else the question; ``run.niche`` should be at hand."""
    if run.niche or run.name:
        return run.niche.name if run.niche else run.name
    return joined(filters_in_words(run.filters, names))


def pulse_text(pulse: Pulse) -> str:
    """Who works on the task queue, and what waits there."""
    if pulse.last_beat is None:
        return _("The task queue was never started.")
    if pulse.has_stopped:
        ago = formats.wait((pulse.at - pulse.last_beat).total_seconds())
        return _(
            "Nothing works on the task queue: searches and lists do not go on. Its last sign of "
            "life is %(ago)s old."
        ) % {"ago": ago}
    working = ngettext(
        "%(count)s process works on the task queue.",
        "%(count)s processes work on the task queue.",
        pulse.workers,
    ) % {"count": formats.number(pulse.workers)}
    if pulse.oldest is None:
        nothing = _("No task waits.")
        return f"{working} {nothing}"
    waiting = ngettext(
        "%(count)s task has waited for %(time)s.",
        "%(count)s tasks wait, the oldest for %(time)s.",
        pulse.waiting,
    )
    told = {
        "count": formats.number(pulse.waiting),
        "time": formats.wait(max((pulse.at - pulse.oldest).total_seconds(), 1)),
    }
    return f"{working} {waiting % told}"
