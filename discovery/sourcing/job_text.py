"""What a job is, does and has brought, in words."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from django.utils.dates import WEEKDAYS
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, gettext_noop, ngettext, pgettext

from discovery.keepa.marketplaces import MARKETPLACES
from discovery.models import CostKind, SourcingJob
from discovery.models.sourcing import alert_rule
from discovery.scoring import ShownVerdict
from discovery.sourcing.forecast import Forecast, JobYield
from discovery.text import formats
from discovery.text.conditions import (
    CategoryNames,
    category_label,
    filters_in_words,
    joined,
    marketplace_label,
)
from discovery.text.labels import verdict_label

Source = SourcingJob.Source

SOURCE_ICONS = {
    Source.NICHE: "target",
    Source.DEALS: "badge-percent",
    Source.SELLERS: "store",
    Source.FAVOURITES: "star",
}
SOURCE_HELP = {
    Source.NICHE: gettext_lazy(
        "The products of one of your niches: all of them once, then only those that changed."
    ),
    Source.DEALS: gettext_lazy(
        "What Amazon’s prices have just dropped on: 5 tokens show 150 products, the best of which "
        "are verified."
    ),
    Source.SELLERS: gettext_lazy(
        "What sellers you follow have newly put on sale; the first look only learns what they have."
    ),
    Source.FAVOURITES: gettext_lazy(
        "Your favourites and what you have in stock: price, rank and Amazon’s return."
    ),
}
COST_KINDS = {
    CostKind.SAME_LISTING.value: gettext_lazy("Same listing: an offer below our selling price"),
    CostKind.EUROPE.value: gettext_lazy("Europe: the same product on another Amazon"),
    CostKind.DIP.value: gettext_lazy("Dip: Amazon far below its usual price, sold later"),
}
# A price whose drop is a deal -> what it is called.
DEAL_PRICES = {
    "AMAZON": gettext_noop("Amazon's price"),
    "NEW": gettext_noop("lowest new offer"),
    "NEW_FBA": gettext_noop("lowest FBA offer"),
    "NEW_FBM_SHIPPING": gettext_noop("lowest offer shipped by its seller"),
    "BUY_BOX_SHIPPING": gettext_noop("Buy Box"),
    "USED": gettext_noop("lowest used offer"),
    "WAREHOUSE": gettext_noop("Amazon Warehouse"),
}
SPANS = (
    gettext_noop("since yesterday"),
    gettext_noop("in a week"),
    gettext_noop("in a month"),
    gettext_noop("in 90 days"),
)
# Why the site itself paused a job -> what its owner reads.
PAUSES = {
    "deals_refused": gettext_noop("The Keepa plan does not hold deals: this job cannot ask them."),
    "sellers_refused": gettext_noop(
        "The Keepa plan does not hold sellers’ shops: this job cannot ask them."
    ),
    "niche_gone": gettext_noop("Its niche was deleted: choose another one."),
    "niche_unreadable": gettext_noop("Its niche cannot be read: save the niche again."),
    "niche_elsewhere": gettext_noop("Its niche is of another marketplace by now: choose it again."),
    "deals_unreadable": gettext_noop("Keepa cannot be asked for these deals: change the job."),
    "no_sellers": gettext_noop("It names no seller: change the job."),
}
OWNER_MAY_NOT_ACT = gettext_noop(
    "Its owner has no access any more, or only reads: nothing is spent for them."
)
# Why a run was given up, beside what pauses its job -> what its owner reads.
GIVEN_UP = {
    "job_deleted": gettext_noop("Its job was deleted meanwhile."),
    "owner_may_not_act": OWNER_MAY_NOT_ACT,
}
# What a source says of its look (``Candidates.told``), where it is a number.
TOLD = {
    "matches": gettext_noop("Products that answer"),
    "looked_at": gettext_noop("Looked at"),
    "changed": gettext_noop("Changed since the last look"),
    "unchanged": gettext_noop("Unchanged, scored from what is known"),
    "gone": gettext_noop("Gone since the last look"),
    "rows": gettext_noop("Deals read"),
    "worth_it": gettext_noop("Deals that leave room"),
    "seen_before": gettext_noop("Seen before"),
    "chosen": gettext_noop("Chosen to be verified"),
    "news": gettext_noop("Newly on sale"),
    "left_out": gettext_noop("Left for another run"),
    "favourites": gettext_noop("Favourites"),
    "purchases": gettext_noop("Purchases in stock"),
}
STEPS = {
    "source": gettext_noop("Looking for candidates"),
    "products": gettext_noop("Reading the products"),
    "abroad": gettext_noop("Prices abroad"),
}


def source_text(job: SourcingJob, names: CategoryNames) -> str:
    """Where its candidates come from, in a sentence."""
    asked = job.criteria
    match job.source:
        case Source.NICHE if job.niche:
            return _("Niche “%(name)s”") % {"name": job.niche.name}
        case Source.NICHE:
            return joined(filters_in_words(asked.get("filters") or {}, names))
        case Source.DEALS:
            return joined(deals_in_words(asked, job.marketplace, names))
        case Source.SELLERS:
            count = len(asked.get("sellers") or ())
            text = ngettext("%(count)s seller", "%(count)s sellers", count)
            return text % {"count": formats.number(count)}
        case _:
            watched = [
                label
                for name, label in (("favourites", _("favourites")), ("purchases", _("purchases")))
                if asked.get(name)
            ]
            return joined(watched)


def deals_in_words(asked: Mapping[str, Any], marketplace: str, names: CategoryNames) -> list[str]:
    """What is asked of deals, one short phrase each."""
    currency = MARKETPLACES[marketplace].currency if marketplace in MARKETPLACES else ""
    price = _(DEAL_PRICES.get(str(asked.get("price_type")), DEAL_PRICES["NEW"]))
    span = _(SPANS[min(int(asked.get("range") or 0), len(SPANS) - 1)])
    drop = _("%(price)s down by %(percent)s %(span)s") % {
        "price": price,
        "percent": formats.percent(asked.get("drop_percent")),
        "span": span,
    }
    found = [drop]
    if asked.get("bsr_max"):
        found.append(_("BSR up to %(most)s") % {"most": formats.number(asked["bsr_max"])})
    for name, text in (("price_min", _("from %(amount)s")), ("price_max", _("up to %(amount)s"))):
        if asked.get(name):
            found.append(text % {"amount": formats.money(_amount(asked[name]), currency)})
    found += [category_label(marketplace, int(pk), names) for pk in asked.get("categories") or ()]
    if asked.get("no_amazon"):
        found.append(_("Amazon absent"))
    return found


def criteria_words(job: SourcingJob, names: CategoryNames) -> list[str]:
    """Everything a job asks, one short phrase each: the chips of its page."""
    words = [marketplace_label(job.marketplace)]
    if job.source == Source.NICHE and job.niche:
        words.append(source_text(job, names))
        words += filters_in_words(job.niche.filters, names)[1:]
    elif job.source == Source.NICHE:
        words += filters_in_words(job.criteria.get("filters") or {}, names)[1:]
    elif job.source == Source.DEALS:
        words += deals_in_words(job.criteria, job.marketplace, names)
    else:
        words.append(source_text(job, names))
    words += [str(CostKind(kind).label) for kind in job.cost_kinds if kind in CostKind.values]
    return words


def schedule_text(job: SourcingJob) -> str:
    """When it runs by itself: ``tous les jours à 07:30 et 13:00``."""
    if not job.times or not job.weekdays:
        return _("only when you start it")
    at = {"times": _anded(job.times)}
    days = sorted(job.weekdays)
    if len(days) == 7:
        return _("every day at %(times)s") % at
    names = [str(WEEKDAYS[day]).lower() for day in days]
    if len(days) > 2 and days == list(range(days[0], days[-1] + 1)):
        span = {"first": names[0], "last": names[-1]}
        return _("from %(first)s to %(last)s at %(times)s") % (span | at)
    return _("on %(days)s at %(times)s") % ({"days": _anded(names)} | at)


def _anded(words: list[str]) -> str:
    if len(words) < 2:
        return "".join(words)
    return _("%(words)s and %(last)s") % {"words": joined(words[:-1]), "last": words[-1]}


def pause_text(job: SourcingJob) -> str:
    """Why it does not run by itself; empty for one that does."""
    if not job.is_paused:
        return ""
    if not job.pause_reason:
        return _("You paused it.")
    return _(PAUSES[job.pause_reason]) if job.pause_reason in PAUSES else job.pause_reason


def given_up_text(code: str) -> str:
    """Why a run was given up; empty for what happens to every kind of run."""
    told = PAUSES.get(code) or GIVEN_UP.get(code)
    return _(told) if told else ""


def alert_text(job: SourcingJob) -> str:
    """From when on it alerts, in a sentence."""
    rule = alert_rule(**job.alert_rule)
    if not rule["on"]:
        return _("no alert")
    bounds = [verdict_label(ShownVerdict(rule["verdict"]))]
    if rule["min_roi"] is not None:
        bounds.append(_("ROI from %(roi)s") % {"roi": formats.percent(_amount(rule["min_roi"]))})
    if rule["min_profit"] is not None and job.marketplace in MARKETPLACES:
        currency = MARKETPLACES[job.marketplace].currency
        amount = formats.money(_amount(rule["min_profit"]), currency)
        bounds.append(_("profit from %(amount)s") % {"amount": amount})
    return joined(bounds)


def forecast_text(forecast: Forecast) -> str:
    """What it will cost: ``3 passages par jour ≈ 160 jetons, 0,6 % du budget``."""
    runs = forecast.runs_a_day
    if not runs:
        return _("One run ≈ %(tokens)s; no run by itself.") % {
            "tokens": formats.tokens(forecast.tokens_a_run)
        }
    is_whole = runs == runs.to_integral_value()
    if is_whole or runs > 2:
        text = ngettext(
            "%(runs)s run a day ≈ %(tokens)s", "%(runs)s runs a day ≈ %(tokens)s", int(runs)
        )
    else:  # 1.4 runs, and in French 1,4 passage
        text = pgettext("less than two", "%(runs)s runs a day ≈ %(tokens)s")
    told = text % {
        "runs": formats.number(runs, 0 if is_whole else 1),
        "tokens": formats.tokens(forecast.tokens_a_day),
    }
    if forecast.share is None:
        return f"{told}."
    share = formats.percent(round(forecast.share, 1), 1)
    return _("%(told)s, %(share)s of the budget.") % {"told": told, "share": share}


def totals_text(totals: JobYield) -> str:
    """What it has cost and brought: ``12 jetons par trouvaille``."""
    if not totals.runs:
        return _("never run")
    if totals.tokens_a_pick is None:
        return _("%(tokens)s, nothing found yet") % {"tokens": formats.tokens(totals.tokens)}
    return _("%(tokens)s a pick") % {"tokens": formats.tokens(round(totals.tokens_a_pick))}


def told_of(outcome: Mapping[str, Any] | None) -> list[tuple[str, str]]:
    """What the source told of its look, as labels and numbers."""
    told = (outcome or {}).get("source")
    if not isinstance(told, Mapping):
        return []
    return [
        (_(label), formats.number(told[name]))
        for name, label in TOLD.items()
        if isinstance(told.get(name), int) and not isinstance(told[name], bool)
    ]


def steps_of(outcome: Mapping[str, Any] | None) -> list[tuple[str, str]]:
    """What each step of a run has cost, as labels and tokens."""
    spent = (outcome or {}).get("tokens")
    if not isinstance(spent, Mapping):
        return []
    return [
        (_(label), formats.tokens(int(spent[name])))
        for name, label in STEPS.items()
        if spent.get(name) is not None
    ]


def _amount(value: Any) -> Decimal:
    return Decimal(str(value))
