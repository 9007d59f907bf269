"""A check of live offers in words: what to do, and what moved."""

from __future__ import annotations

from decimal import Decimal

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop, pgettext

from discovery.products.live_check import OfferLine
from discovery.scoring import FlagCode
from discovery.scoring.live_check import Finding, FindingCode, Outcome
from discovery.scoring.marketplaces import MARKETPLACES
from discovery.text import costs, formats
from discovery.text.flags import flag_label
from discovery.text.labels import verdict_label

OUTCOMES = {
    Outcome.OK: gettext_noop("OK: nothing got worse."),
    Outcome.CHANGED: gettext_noop("Changed: look at what moved before you buy."),
    Outcome.AVOID: gettext_noop("Avoid: it is not worth buying as things stand."),
    Outcome.UNKNOWN: gettext_noop("Nothing could be learnt: neither buy nor leave it on this."),
}
OUTCOME_TONES = {
    Outcome.OK: ("circle-check", "success"),
    Outcome.CHANGED: ("triangle-alert", "warning"),
    Outcome.AVOID: ("octagon-x", "error"),
    Outcome.UNKNOWN: ("info", "info"),
}

# Code -> the sentence for a change for the better, and for the worse.
FINDINGS = {
    FindingCode.VERDICT: (
        gettext_noop("The verdict rose from %(before)s to %(after)s."),
        gettext_noop("The verdict fell from %(before)s to %(after)s."),
    ),
    FindingCode.NOT_WORTH_IT: (
        "",
        gettext_noop("The verdict stays %(verdict)s."),
    ),
    FindingCode.NO_OFFER: ("", gettext_noop("Nobody offers it any more: there is no price.")),
    FindingCode.PRICE: (
        gettext_noop("The price rose by %(percent)s, from %(before)s to %(after)s."),
        gettext_noop("The price fell by %(percent)s, from %(before)s to %(after)s."),
    ),
    FindingCode.MAX_COST: (
        gettext_noop("You may pay more: at most %(after)s, %(before)s before."),
        gettext_noop("You may pay less: at most %(after)s, %(before)s before."),
    ),
    FindingCode.ABOVE_MAX_COST: (
        "",
        gettext_noop("The cost of %(cost)s is above the maximum of %(amount)s."),
    ),
    FindingCode.SELLERS: (
        gettext_noop("Fewer FBA sellers: %(after)s, %(before)s before."),
        gettext_noop("More FBA sellers: %(after)s, %(before)s before."),
    ),
    FindingCode.RANK: (
        gettext_noop("A better sales rank: %(after)s, %(before)s before."),
        gettext_noop("A worse sales rank: %(after)s, %(before)s before."),
    ),
    FindingCode.FLAG: (
        gettext_noop("No longer: “%(flag)s”."),
        gettext_noop("New: “%(flag)s”."),
    ),
}

SELLERS = {
    "amazon": gettext_noop("Amazon"),
    "fba": gettext_noop("FBA seller"),
    "fbm": gettext_noop("FBM seller"),
}

CONDITIONS = {
    1: gettext_noop("new"),
    2: gettext_noop("used, like new"),
    3: gettext_noop("used, very good"),
    4: gettext_noop("used, good"),
    5: gettext_noop("used, acceptable"),
}

_COSTS = {FindingCode.MAX_COST, FindingCode.ABOVE_MAX_COST}
_COUNTS = {FindingCode.SELLERS, FindingCode.RANK}


def outcome_text(outcome: Outcome | str) -> str:
    """What to do with the order, in a sentence."""
    return _(OUTCOMES[Outcome(outcome)])


def finding_text(finding: Finding, marketplace: str) -> str:
    """What moved on a marketplace, as a sentence."""
    if finding.code is FindingCode.UNCHANGED:
        return _("Price, sellers, rank and risks are as they were.")
    if finding.code is FindingCode.OFFERS_UNREAD:
        return _("Keepa could not read the offers this time. Ask again in a few minutes.")
    better, worse = FINDINGS[finding.code]
    sentence = better if finding.better else worse
    return _(sentence) % {
        name: _shown(finding.code, name, value, marketplace)
        for name, value in finding.params.items()
    }


def seller_label(kind: str) -> str:
    """Who sells an offer; ``kind`` is that of ``live_check.OfferLine``."""
    return _(SELLERS[kind])


def offer_stock(offer: OfferLine) -> str:
    """How many are left, or why none can be had today."""
    if offer.is_preorder:
        return _("pre-order")
    if not offer.is_shippable:
        return _("does not ship here")
    return _("none left") if offer.stock == 0 else formats.number(offer.stock)


def offer_condition(condition: int) -> str:
    """The condition of an offer, by Keepa's code."""
    known = CONDITIONS.get(condition)
    return _(known) if known else pgettext("condition", "other")


def _shown(code: FindingCode, name: str, value: str, marketplace: str) -> str:
    if name == "percent":
        return formats.percent(Decimal(value), 1)
    if code in _COSTS:
        return costs.paid(Decimal(value), marketplace)
    if code is FindingCode.PRICE:
        return formats.money(Decimal(value), MARKETPLACES[marketplace].currency)
    if code in _COUNTS:
        return formats.number(Decimal(value))
    if name == "flag":
        return flag_label(FlagCode(value))
    return verdict_label(value)
