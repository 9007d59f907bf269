"""Why a verdict is what it is, and what would change it, in sentences."""

from __future__ import annotations

from decimal import Decimal

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from discovery.scoring import Change, ChangeCode, FlagCode, Reason, ReasonCode, Score
from discovery.text import conditions, costs, formats
from discovery.text.flags import flag_label
from discovery.text.labels import verdict_label
from discovery.text.params import decimals_of, shown

REASONS = {
    ReasonCode.NO_PRICE: gettext_noop("No price is known at which it could be sold."),
    ReasonCode.ROI_MET: gettext_noop("ROI %(actual)s, %(needed)s asked."),
    ReasonCode.ROI_MISSED: gettext_noop("ROI %(actual)s, under the %(needed)s asked."),
    ReasonCode.PROFIT_MET: gettext_noop("Profit %(actual)s, %(needed)s asked."),
    ReasonCode.PROFIT_MISSED: gettext_noop("Profit %(actual)s, under the %(needed)s asked."),
    ReasonCode.MARGIN_MET: gettext_noop("Margin %(actual)s, %(needed)s asked."),
    ReasonCode.MARGIN_MISSED: gettext_noop("Margin %(actual)s, under the %(needed)s asked."),
    ReasonCode.VELOCITY_MET: gettext_noop("Velocity %(actual)s/100, %(needed)s asked."),
    ReasonCode.VELOCITY_MISSED: gettext_noop(
        "Velocity %(actual)s/100, under the %(needed)s asked."
    ),
    ReasonCode.CONFIDENCE_MET: gettext_noop("Confidence %(actual)s/100, %(needed)s asked."),
    ReasonCode.CONFIDENCE_MISSED: gettext_noop(
        "Confidence %(actual)s/100, under the %(needed)s asked."
    ),
    ReasonCode.LOSES_MONEY: gettext_noop("Sold at this price it earns nothing: %(profit)s."),
    ReasonCode.HYPOTHETICAL_COST: gettext_noop(
        "Its purchase price is not known: look for it at the maximum buy price or less."
    ),
    ReasonCode.TO_SOURCE: gettext_noop(
        "Bought at %(amount)s or less, it earns %(profit)s or more (ROI %(percent)s)."
    ),
    ReasonCode.UNREALISTIC_COST: gettext_noop(
        "No realistic price: at most %(amount)s for something sold %(price)s."
    ),
    ReasonCode.NO_COST_PAYS: gettext_noop(
        "No purchase price meets your targets: sold %(price)s, too little is left."
    ),
    ReasonCode.CAPPED: gettext_noop("“%(flag)s” leaves at best “%(verdict)s”."),
    ReasonCode.OFTEN_PROFITABLE: gettext_noop(
        "At this cost, the price met your target %(percent)s of the last 90 days."
    ),
    ReasonCode.BETTER_PRICE: gettext_noop(
        "Asked at %(price)s, it earns %(gain)s more: Amazon's fees step up just above."
    ),
}

# What stands against a product, in a few words, for counting.
OBSTACLES = {
    ReasonCode.NO_PRICE: gettext_noop("no price known"),
    ReasonCode.ROI_MISSED: gettext_noop("ROI too low"),
    ReasonCode.PROFIT_MISSED: gettext_noop("profit too small"),
    ReasonCode.MARGIN_MISSED: gettext_noop("margin too thin"),
    ReasonCode.VELOCITY_MISSED: gettext_noop("sells too slowly"),
    ReasonCode.CONFIDENCE_MISSED: gettext_noop("too little is known"),
    ReasonCode.LOSES_MONEY: gettext_noop("loses money"),
    ReasonCode.HYPOTHETICAL_COST: gettext_noop("to source: no purchase price known"),
    ReasonCode.UNREALISTIC_COST: gettext_noop("no realistic purchase price"),
    ReasonCode.NO_COST_PAYS: gettext_noop("no purchase price pays"),
}

CHANGES = {
    ChangeCode.COST_AT_MOST: gettext_noop("%(verdict)s at %(amount)s or less."),
    ChangeCode.HOLDS_UP_TO_COST: gettext_noop(
        "%(verdict)s as long as it costs at most %(amount)s."
    ),
    ChangeCode.VELOCITY_AT_LEAST: gettext_noop(
        "%(verdict)s from a velocity of %(needed)s (now %(actual)s)."
    ),
    ChangeCode.CONFIDENCE_AT_LEAST: gettext_noop(
        "%(verdict)s from a confidence of %(needed)s (now %(actual)s)."
    ),
    ChangeCode.WITHOUT_FLAG: gettext_noop("Would be %(verdict)s without the risk “%(flag)s”."),
    ChangeCode.CONFIRM_COST: gettext_noop("Confirm the purchase price."),
}

_IN_PERCENT = {
    ReasonCode.ROI_MET,
    ReasonCode.ROI_MISSED,
    ReasonCode.MARGIN_MET,
    ReasonCode.MARGIN_MISSED,
}
_IN_MONEY = {ReasonCode.PROFIT_MET, ReasonCode.PROFIT_MISSED}


def reason_text(reason: Reason, currency: str = "") -> str:
    """One reason as a sentence."""
    return _(REASONS[reason.code]) % _values(reason, currency)


def obstacle_label(key: str) -> str:
    """What ``obstacles`` counted under this key, in a few words."""
    return forbidding_label(key.removeprefix("flag:"))


def forbidding_label(code: str) -> str:
    """A flag or a reason that stands against buying, in a few words."""
    return flag_label(code) if code in set(FlagCode) else _(OBSTACLES[ReasonCode(code)])


def forbidden_text(score: Score) -> str:
    """What forbids the buy whatever the cost, to stand beside the maximum price."""
    if not score.buy_forbidden_by:
        return ""
    labels = conditions.joined([forbidding_label(code) for code in score.buy_forbidden_by])
    return _("Buy forbidden by: %(labels)s") % {"labels": labels}


def change_text(change: Change, score: Score) -> str:
    """What would change the verdict of the score, as a sentence."""
    values = _values(change, score.currency)
    if "amount" in values:  # of a cost
        values["amount"] = costs.paid(Decimal(change.params["amount"]), score.marketplace)
    return _(CHANGES[change.code]) % values


def _values(said: Reason | Change, currency: str) -> dict[str, str]:
    """The parameters of a reason or a change, as its sentence shows them."""
    values = shown(said.params, currency)
    for name in values.keys() & {"actual", "needed"}:
        values[name] = _measured(said.code, Decimal(said.params[name]), currency)
    if "flag" in values:
        values["flag"] = flag_label(values["flag"])
    if "verdict" in values:
        values["verdict"] = verdict_label(values["verdict"])
    return values


def _measured(code: ReasonCode | ChangeCode, value: Decimal, currency: str) -> str:
    if code in _IN_MONEY:
        return formats.money(value, currency)
    # One decimal: rounding must not turn 29.6 into the 30 that was missed.
    if code in _IN_PERCENT:
        return formats.percent(value, 0 if abs(value) >= 100 else decimals_of(value))
    return formats.number(value, decimals_of(value))
