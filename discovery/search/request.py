"""What is asked of the searches, read from a JSON body or a command line.

Whatever is wrong is found before anything is spent, and every wrong field is named at once.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from typing import Any

from django.utils.translation import gettext_lazy as _

from discovery.keepa.categories.stored import resolve_categories
from discovery.keepa.errors import FieldProblem, InvalidFilters, UnknownMarketplace
from discovery.keepa.finder import NicheFilters
from discovery.keepa.finder_fields import LARGEST_AMOUNT
from discovery.keepa.marketplaces import marketplace_of
from discovery.products.identifiers import NotAnIdentifier, parse_identifier

MOST_RESULTS = 100
DEFAULT_RESULTS = 50
MOST_ASINS = 100  # one call to Keepa; longer lists are analysed in the background
LONGEST_SLUG = 60
SMALLEST_COST = Decimal("0.01")
DEFAULT_MARKETPLACE = "us"

OPTIONS = frozenset({"max_results"})
SCORING_OPTIONS = frozenset({"max_results", "profile", "detail", "spread"})
LIST_FIELDS = frozenset({"asins", "costs", "marketplace", "profile", "detail"})
BSR_FIELDS = ("bsr_range", "bsr_min", "bsr_max")


SENTENCES = {
    "not_an_identifier": _("“%(value)s” is neither an ASIN nor a valid ISBN, EAN or UPC."),
    "not_an_object": _("An object was expected: each identifier with the price paid for it."),
    "cost_of_nothing": _("“%(value)s” is not among the products asked about."),
}


class QuestionProblem(FieldProblem):
    """What can be wrong with our own fields, beside what can be wrong with filters."""

    __slots__ = ()

    @property
    def message(self) -> str:
        if self.code in SENTENCES:
            return str(SENTENCES[self.code]) % self.params
        return super().message


@dataclass(frozen=True, slots=True)
class NicheQuestion:
    """Discover a niche, and score it where scoring is asked for."""

    filters: NicheFilters
    max_results: int
    profile: str | None
    detail: bool
    spread: bool


@dataclass(frozen=True, slots=True)
class ListQuestion:
    """Score what is named. ``costs``: identifier, as given -> price paid."""

    identifiers: tuple[str, ...]
    marketplace: str
    costs: dict[str, Decimal]
    profile: str | None
    detail: bool


def read_niche(data: Mapping[str, Any], *, scoring: bool) -> NicheQuestion:
    """Read ``categories`` and ``bsr_range`` (required), the other filters, and our options.

    Raises ``InvalidFilters``. Spends nothing: a category is known already, or refused. Without
    ``scoring``, its options are unknown fields: nothing is ignored in silence.
    """
    options = SCORING_OPTIONS if scoring else OPTIONS
    reading = _Reading(data)
    max_results = reading.integer("max_results", DEFAULT_RESULTS, low=1, high=MOST_RESULTS)
    profile, detail, spread = reading.slug(), reading.flag("detail", True), reading.flag("spread")
    if data.get("categories") in (None, "", []):
        reading.wrong("categories", "required")
    if all(data.get(name) in (None, "", []) for name in BSR_FIELDS):
        reading.wrong("bsr_range", "required")
    conditions = {name: value for name, value in data.items() if name not in options}
    try:
        filters = NicheFilters.parse(conditions, resolve=resolve_categories)
    except InvalidFilters as error:
        if reading.errors:
            raise InvalidFilters({**error.errors, **reading.errors}) from None
        raise
    reading.finish()
    return NicheQuestion(filters, max_results, profile, detail, spread)


def read_list(data: Mapping[str, Any]) -> ListQuestion:
    """Read ``asins`` (1 to 100 ASINs, ISBNs, EANs or UPCs) and what goes with them.

    Raises ``InvalidFilters``.
    """
    reading = _Reading(data)
    for name in data:
        if name not in LIST_FIELDS:
            reading.wrong(str(name)[:LONGEST_SLUG], "unknown_field")
    identifiers = reading.identifiers()
    costs = reading.costs()
    profile, detail = reading.slug(), reading.flag("detail", True)
    marketplace = reading.marketplace()
    reading.finish()
    return ListQuestion(identifiers, marketplace, costs, profile, detail)


@dataclass(slots=True)
class _Reading:
    data: Mapping[str, Any]
    errors: dict[str, list[FieldProblem]] = field(default_factory=dict)

    def wrong(self, name: str, code: str, **params: Any) -> None:
        self.errors.setdefault(name, []).append(QuestionProblem(code, params))

    def finish(self) -> None:
        if self.errors:
            raise InvalidFilters(self.errors)

    def integer(self, name: str, default: int, *, low: int, high: int) -> int:
        value = self.data.get(name)
        if value is None:
            return default
        number = _number(value)
        if number is None or number != number.to_integral_value():
            self.wrong(name, "not_an_integer", value=str(value)[:40])
        elif number < low:
            self.wrong(name, "too_small", value=str(value)[:40], limit=low)
        elif number > high:
            self.wrong(name, "too_large", value=str(value)[:40], limit=high)
        else:
            return int(number)
        return default

    def flag(self, name: str, default: bool = False) -> bool:
        value = self.data.get(name)
        if value is None:
            return default
        if not isinstance(value, bool):
            self.wrong(name, "not_a_boolean")
            return default
        return value

    def slug(self) -> str | None:
        value = self.data.get("profile")
        if value is None or value == "":
            return None
        if not isinstance(value, str):
            self.wrong("profile", "not_text")
            return None
        if len(value) > LONGEST_SLUG:
            self.wrong("profile", "too_long", limit=LONGEST_SLUG)
            return None
        return value

    def marketplace(self) -> str:
        try:
            return marketplace_of(self.data.get("marketplace") or DEFAULT_MARKETPLACE).code
        except UnknownMarketplace as error:
            self.errors["marketplace"] = list(error.errors["marketplace"])
            return DEFAULT_MARKETPLACE

    def identifiers(self) -> tuple[str, ...]:
        values = self.data.get("asins")
        if not isinstance(values, list | tuple):
            self.wrong("asins", "not_a_list")
            return ()
        if not values:
            self.wrong("asins", "required")
        if len(values) > MOST_ASINS:
            self.wrong("asins", "too_many", count=len(values), limit=MOST_ASINS)
            return ()
        for place, value in enumerate(values):
            self._identifier(f"asins.{place}", value)
        return tuple(dict.fromkeys(str(value) for value in values))

    def costs(self) -> dict[str, Decimal]:
        values = self.data.get("costs")
        if values is None:
            return {}
        if not isinstance(values, Mapping):
            self.wrong("costs", "not_an_object")
            return {}
        if len(values) > MOST_ASINS:
            self.wrong("costs", "too_many", count=len(values), limit=MOST_ASINS)
            return {}
        costs = {text: self._cost(text, value) for text, value in values.items()}
        return {text: cost for text, cost in costs.items() if cost is not None}

    def _cost(self, text: str, value: object) -> Decimal | None:
        name = f"costs.{text[:40]}"
        named = self.data.get("asins")
        cost = _number(value)
        if isinstance(named, list | tuple) and text not in named:
            self.wrong(name, "cost_of_nothing", value=text[:40])
        elif cost is None:
            self.wrong(name, "not_a_number", value=str(value)[:40])
        elif cost < SMALLEST_COST:
            self.wrong(name, "too_small", value=str(value)[:40], limit=str(SMALLEST_COST))
        elif cost > LARGEST_AMOUNT:
            self.wrong(name, "too_large", value=str(value)[:40], limit=str(LARGEST_AMOUNT))
        else:
            return cost
        return None

    def _identifier(self, name: str, value: object) -> None:
        if not isinstance(value, str):
            self.wrong(name, "not_text")
            return
        try:
            parse_identifier(value)
        except NotAnIdentifier:
            self.wrong(name, "not_an_identifier", value=value[:40])


def _number(value: object) -> Decimal | None:
    """A finite number as JSON or a command line holds it; ``12,50`` is 12.50."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        number = Decimal(str(value).strip().replace(",", "."))
    except InvalidOperation:
        return None
    return number if number.is_finite() else None
