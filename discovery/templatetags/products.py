"""A product and its score in words, as templates ask for them.

An amount takes its currency as the filter's argument: ``{{ score.profit|money:score.currency }}``.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from typing import Any

from django import template
from django.conf import settings
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _

from discovery.keepa.marketplaces import MARKETPLACES
from discovery.lists.text import no_answer_text, notes_text
from discovery.models import LiveCheck, ProductDecision
from discovery.products import live_check_text
from discovery.products.columns import Row
from discovery.products.from_keepa import ProductCard
from discovery.products.scored import sold_copy
from discovery.scoring import Condition, Score
from discovery.scoring.live_check import Outcome
from discovery.scoring.quantities import fewer_than
from discovery.text import costs, flags, formats, icons, labels, reasons

register = template.Library()

IMAGES = "https://m.media-amazon.com/images/I/"

for words in (
    reasons.reason_text,
    reasons.change_text,
    reasons.forbidden_text,
    no_answer_text,
    notes_text,
    costs.given_text,
    costs.most_without_vat,
    costs.paid,
    costs.source_text,
    labels.confidence_text,
    costs.way_text,
    costs.kind_text,
    costs.place_label,
    labels.days_text,
    labels.days_short,
    costs.at_max_cost_text,
    labels.facts_about,
    labels.grade_label,
    labels.fba_offers_text,
    costs.headline,
    labels.margin_text,
    costs.max_cost_text,
    labels.mean_rank_text,
    labels.sales_kind_text,
    labels.sales_text,
    labels.verdict_label,
    labels.series_label,
    labels.sold_as,
    live_check_text.finding_text,
    live_check_text.offer_condition,
    live_check_text.offer_stock,
    live_check_text.outcome_text,
    live_check_text.seller_label,
):
    register.filter(words.__name__, words)


@register.filter
def rounded(value: float) -> str:
    """To the nearest whole number."""
    return formats.number(round(value))


@register.filter
def tone(amount: Decimal | None) -> str:
    """The colour of an amount: gain, loss or none."""
    if not amount:
        return ""
    return "gain" if amount > 0 else "loss"


@register.filter
def sold_of(score: Score, quantity: int | None) -> int | None:
    """The units that sell in 60 days, where a quantity is more than that."""
    return fewer_than(quantity, score.expected_sales_per_month)


@register.filter
def fee_lines(score: Score) -> list[tuple[str, str, str]]:
    """What is taken from the price: label, source and amount of each fee."""
    return [
        (
            labels.fee_label(line.code),
            labels.fee_source_text(line),
            formats.money(-line.amount, score.currency),
        )
        for line in (score.fees.lines if score.fees else ())
    ]


@register.filter
def address_of(row: Row, profile: str = "") -> str:
    """The product's page, reckoning as the row does: its own cost, if any, and the profile."""
    card, line, score = row.card, row.line, row.score
    if card is None:
        return ""
    asked: dict[str, str | int] = {}
    if line is not None and score is not None and line.cost is not None:
        asked = {"cost": formats.exact(line.cost), "cost_vat": line.cost_vat}
        if line.cost_units:
            asked["units"] = line.cost_units
        if score.condition is Condition.USED:
            asked["grade"] = sold_copy(line.cost)
    if profile:
        asked["profile"] = profile
    path = reverse("discovery:product", args=(card.marketplace, card.asin))
    return f"{path}?{urlencode(asked)}" if asked else path


@register.filter
def first_name(labels: dict[str, str]) -> str:
    """The first column of a table."""
    return next(iter(labels), "")


@register.filter
def span(labels: dict[str, str]) -> int:
    """How many cells a row has: its columns, and what may be done with it."""
    return len(labels) + 1


@register.filter
def sales_short(score: Score) -> str:
    """Sales a month in a narrow column: ``50+`` where there may be more, ``≈ 12``, or a dash."""
    return labels.sales_short(score.monthly_sales, score.monthly_sales_kind)


@register.filter
def sales_tip(score: Score) -> str:
    """What stands behind the sales of a month: their source, and the time one unit takes."""
    kind = labels.sales_kind_text(score.monthly_sales_kind)
    return " · ".join(part for part in (kind, labels.days_text(score.days_to_sell)) if part)


@register.filter
def row_facts(score: Score) -> list[tuple[str, str]]:
    """The figures of a row that its columns need not show: pairs of a label and its value."""
    return labels.row_facts(score)


@register.filter
def cost_of_check(check: LiveCheck) -> str:
    """The cost a live check was made with."""
    return costs.stated(check.cost, check.marketplace, check.cost_vat)


@register.filter
def price_paid(decision: ProductDecision) -> str:
    """The price a purchase was noted with."""
    return costs.stated(decision.price, decision.marketplace, decision.cost_vat)


@register.filter
def signed_percent(change: Decimal | None) -> str:
    """A change in percent with its sign."""
    return _signed(change, formats.percent)


@register.filter
def signed_points(change: float | None) -> str:
    """A change in points of per cent with its sign."""
    return _signed(
        change,
        lambda value, decimals: _("%(points)s pts") % {"points": formats.number(value, decimals)},
    )


@register.filter
def age_at(moment: datetime, now: datetime) -> str:
    """How old something of that moment is."""
    return formats.age(now - moment)


@register.filter
def amazon_url(card: ProductCard) -> str:
    """The product's page at Amazon."""
    return MARKETPLACES[card.marketplace].product_url(card.asin)


@register.filter
def keepa_url(card: ProductCard) -> str:
    """The product's page at Keepa."""
    domain = MARKETPLACES[card.marketplace].domain_id
    return f"https://keepa.com/#!product/{domain}-{card.asin}"


@register.filter
def image_url(card: ProductCard) -> str:
    """The address of its picture; empty when there is none to show."""
    # Demonstration products have no photograph, and no request may leave the machine for one.
    return f"{IMAGES}{card.image}" if card.image and not settings.KEEPA_SANDBOX else ""


@register.filter
def category_icon(score: Score) -> str:
    """The icon that stands in for a product's picture."""
    return icons.CATEGORIES.get(score.fees.category if score.fees else "", "package")


@register.filter
def flag_lines(score: Score) -> list[tuple[str, str, str, str]]:
    """The risks: short name, sentence, icon and tone of each, for the chips and for the why."""
    return [
        (
            flags.flag_label(flag.code, flag.params),
            flags.flag_text(flag, score.currency),
            *icons.SEVERITIES[flag.severity],
        )
        for flag in score.flags
    ]


@register.filter
def outcome_icon(outcome: str) -> str:
    """The icon of a live check's outcome."""
    return live_check_text.OUTCOME_TONES[Outcome(outcome)][0]


@register.filter
def outcome_tone(outcome: str) -> str:
    """The colour of a live check's outcome: success, warning or error."""
    return live_check_text.OUTCOME_TONES[Outcome(outcome)][1]


def _signed(value: Any, show: Callable[[Any, int], str]) -> str:
    if value is None:
        return formats.MISSING
    return f"+{show(value, 1)}" if value > 0 else show(value, 1)
