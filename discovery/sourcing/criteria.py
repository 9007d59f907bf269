"""What each source of a job asks for, read from a form or a program: JSON as the sources take it.

Every reader returns the criteria in full; whatever is wrong is named by its field.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from decimal import Decimal
from functools import partial
from typing import Any
from urllib.parse import parse_qs, urlsplit

from django.core.exceptions import ValidationError

from discovery.keepa.categories.checked import problems_of
from discovery.keepa.categories.known import LARGEST_ID
from discovery.keepa.categories.stored import resolve_categories
from discovery.keepa.deals import DEAL_PRICE_TYPES
from discovery.keepa.errors import FieldProblem, InvalidFilters
from discovery.keepa.finder import NicheFilters
from discovery.keepa.finder_fields import LARGEST_AMOUNT, LONGEST_TEXT, MOST_VALUES
from discovery.models import SourcingJob
from discovery.search.request import read_filters
from discovery.search.request_fields import is_blank
from discovery.sourcing.job_problems import InvalidJob, job_refusal
from discovery.text.numbers import NumberField, refusal, short, shown

Source = SourcingJob.Source
Errors = dict[str, list[FieldProblem]]
Read = Callable[[Any], Any]

MOST_SELLERS = 50
MOST_PAGES = 3
LEAST_DROP, MOST_DROP = 10, 95  # percent; Keepa counts no smaller drop as a deal
# Prices whose drop is a deal, as Keepa calls them, and the spans in which it is looked for.
DEAL_PRICES = tuple(DEAL_PRICE_TYPES)
SPANS = range(4)  # a day, a week, a month, 90 days
_SELLER = re.compile(r"A[A-Z0-9]{9,19}")
_SELLER_IN_LINK = ("seller", "me", "merchant", "m")
_YES_OR_NO = dict.fromkeys(("true", "1", "yes", "on"), True) | dict.fromkeys(
    ("false", "0", "no", "off"), False
)


class Reading:
    """Fields read one by one; every one that is wrong is kept with its problems."""

    def __init__(
        self,
        data: Mapping[str, Any],
        known: Collection[str],
        *,
        prefix: str = "",
        unknown: ValidationError | None = None,
    ) -> None:
        """``unknown`` is what is said of a field that is none of ``known``, for one a job lacks."""
        self.data, self.prefix = data, prefix
        self.errors: Errors = {}
        for name in data:
            if name not in known:
                self._refuse(short(name), unknown or job_refusal("unknown_job_field"))

    def read(self, name: str, reader: Read) -> Any:
        """The value of a field; ``None`` where it is wrong."""
        try:
            return reader(self.data.get(name))
        except ValidationError as error:
            self._refuse(name, error)
        return None

    def _refuse(self, name: str, error: ValidationError) -> None:
        problems = [(wrong.params or {})["problem"] for wrong in error.error_list]
        self.errors.setdefault(f"{self.prefix}{name}", []).extend(problems)


def flag(value: object, *, default: bool = False) -> bool:
    """Yes or no, as forms and programs say it."""
    if is_blank(value):
        return default
    said = str(value).strip().lower() if isinstance(value, bool | int | str) else ""
    if said not in _YES_OR_NO:
        raise refusal("not_a_boolean")
    return _YES_OR_NO[said]


def text(value: object, *, longest: int = LONGEST_TEXT, required: bool = False) -> str:
    """Words on one line, which can be stored."""
    if is_blank(value):
        if required:
            raise refusal("required")
        return ""
    if not isinstance(value, str) or re.search(r"[\ud800-\udfff]", value):
        raise refusal("not_text")
    if len(value) > longest:
        raise refusal("too_long", limit=shown(longest))
    return " ".join(re.sub(r"[\x00-\x1f\x7f]", " ", value).split())


def option(value: object, *, options: Sequence[str], default: str) -> str:
    """One of the options; nothing is ``default``."""
    if is_blank(value):
        return default
    if not isinstance(value, str) or value not in options:
        raise refusal("unknown_choice", value=short(value), choices=tuple(options))
    return value


def several(value: object, *, read: Read, most: int) -> list[Any]:
    """Values read one by one, each once, blanks left out."""
    if is_blank(value):
        return []
    if not isinstance(value, list | tuple):
        raise refusal("not_a_list")
    if len(value) > most:
        raise refusal("too_many", count=shown(len(value)), limit=shown(most))
    return list(dict.fromkeys(read(item) for item in value if not is_blank(item)))


def number(value: object, *, localize: bool, **bounds: Any) -> Any:
    """A number as ``NumberField`` reads it."""
    return NumberField(localize=localize, **bounds).clean(value)


def read_criteria(
    source: str,
    data: object,
    *,
    marketplace: str,
    has_niche: bool = False,
    localize: bool = True,
) -> dict[str, Any]:
    """The criteria of a job of this source, in full. Raises ``InvalidJob``.

    ``has_niche``: a niche says what is asked, and no conditions are needed. Amounts are in the
    marketplace's currency; ``localize``: numbers in texts are in the active language.
    """
    if data is None:
        data = {}
    if not isinstance(data, Mapping):
        raise InvalidJob({"criteria": [_problem(job_refusal("not_a_group"))]})
    match source:
        case Source.NICHE:
            return {} if has_niche else _niche(data, marketplace=marketplace)
        case Source.DEALS:
            return _deals(data, marketplace=marketplace, localize=localize)
        case Source.SELLERS:
            return _sellers(data)
        case _:
            return _favourites(data)


def _problem(error: ValidationError) -> FieldProblem:
    problem: FieldProblem = (error.error_list[0].params or {})["problem"]
    return problem


def _niche(data: Mapping[str, Any], *, marketplace: str) -> dict[str, Any]:
    reading = Reading(data, ("filters",), prefix="criteria.")
    asked = data.get("filters")
    if not isinstance(asked, Mapping) or not asked:
        raise InvalidJob(reading.errors | {"niche": [_problem(refusal("required"))]})
    try:
        filters = _filters(asked, marketplace)
    except InvalidFilters as error:
        wrong = {f"criteria.filters.{name}": list(found) for name, found in error.errors.items()}
        raise InvalidJob(reading.errors | wrong) from None
    if reading.errors:
        raise InvalidJob(reading.errors)
    return {"filters": filters.canonical()}


def _filters(asked: Mapping[str, Any], marketplace: str) -> NicheFilters:
    """Conditions as stored, or as a program writes them."""
    named = {**asked, "marketplace": marketplace}
    try:
        return NicheFilters.from_canonical(named)
    except InvalidFilters:
        return read_filters(named)


def _deals(data: Mapping[str, Any], *, marketplace: str, localize: bool) -> dict[str, Any]:
    known = (
        "price_type", "drop_percent", "range", "bsr_max", "price_min", "price_max", "categories",
        "pages", "no_amazon",
    )  # fmt: skip
    reading = Reading(data, known, prefix="criteria.")
    whole = partial(number, localize=localize, whole=True)
    price = partial(number, localize=localize, low=Decimal("0.01"), high=LARGEST_AMOUNT)
    found: dict[str, Any] = {
        "price_type": reading.read(
            "price_type", partial(option, options=DEAL_PRICES, default=DEAL_PRICES[0])
        ),
        "drop_percent": reading.read(
            "drop_percent", partial(whole, low=LEAST_DROP, high=MOST_DROP, initial=20)
        ),
        "range": reading.read("range", partial(whole, low=0, high=SPANS[-1], initial=0)),
        "bsr_max": reading.read("bsr_max", partial(whole, low=1, high=2**31 - 1)),
        "price_min": reading.read("price_min", price),
        "price_max": reading.read("price_max", price),
        "categories": reading.read("categories", partial(_categories, marketplace=marketplace)),
        "pages": reading.read("pages", partial(whole, low=1, high=MOST_PAGES, initial=1)),
        "no_amazon": reading.read("no_amazon", flag),
    }
    low, high = found["price_min"], found["price_max"]
    if low is not None and high is not None and low > high:
        reversed_ = _problem(refusal("reversed", low=shown(low), high=shown(high)))
        reading.errors.setdefault("criteria.price_min", []).append(reversed_)
    if reading.errors:
        raise InvalidJob(reading.errors)
    return found | {
        "price_min": None if low is None else f"{low:f}",
        "price_max": None if high is None else f"{high:f}",
    }


def _categories(value: object, *, marketplace: str) -> list[int]:
    """The numbers of categories, given by name or number."""
    terms = several(value, read=_term, most=MOST_VALUES)
    if not terms:
        return []
    try:
        found = resolve_categories(terms, marketplace)
    except InvalidFilters as error:
        raise _as_refusal(error.errors["categories"][0]) from None
    numbers = sorted({*found.root_categories, *found.categories_include, *found.pending})
    if problems := problems_of({"categories": numbers}, marketplace):
        raise _as_refusal(next(iter(problems.values()))[0])
    return numbers


def _term(value: object) -> str:
    if isinstance(value, int) and not isinstance(value, bool):
        if not 0 < value <= LARGEST_ID:
            raise refusal("too_large", value=short(value), limit=shown(LARGEST_ID))
        return str(value)
    return text(value)


def _as_refusal(problem: FieldProblem) -> ValidationError:
    return ValidationError("%(problem)s", code=problem.code, params={"problem": problem})


def _sellers(data: Mapping[str, Any]) -> dict[str, Any]:
    reading = Reading(data, ("sellers",), prefix="criteria.")
    sellers = reading.read("sellers", partial(several, read=seller_id, most=MOST_SELLERS))
    if sellers == []:
        reading.errors["criteria.sellers"] = [_problem(job_refusal("no_seller"))]
    if reading.errors:
        raise InvalidJob(reading.errors)
    return {"sellers": sellers}


def seller_id(value: object) -> str:
    """A seller's identifier, from itself or from a link to the seller on Amazon.

    Raises ``ValidationError`` (``not_a_seller``).
    """
    given = value.strip() if isinstance(value, str) else ""
    if _SELLER.fullmatch(given.upper()):
        return given.upper()
    try:
        address = urlsplit(given if "//" in given else f"//{given}")
        named = parse_qs(address.query)
    except ValueError:
        raise job_refusal("not_a_seller", value=short(given)) from None
    for name in _SELLER_IN_LINK if "amazon." in (address.hostname or "") else ():
        found = named.get(name, [""])[0].upper()
        if _SELLER.fullmatch(found):
            return found
    raise job_refusal("not_a_seller", value=short(value))


def _favourites(data: Mapping[str, Any]) -> dict[str, Any]:
    reading = Reading(data, ("favourites", "purchases"), prefix="criteria.")
    found = {
        name: reading.read(name, partial(flag, default=not data))
        for name in ("favourites", "purchases")
    }
    if not reading.errors and not any(found.values()):
        reading.errors["criteria.favourites"] = [_problem(job_refusal("nothing_watched"))]
    if reading.errors:
        raise InvalidJob(reading.errors)
    return found
