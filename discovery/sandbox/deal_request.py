"""A `/deal` query, read: what it asks for, or by which name it is refused.

As at Keepa the ranges count only with `isRangeEnabled`, everything else that narrows only with
`isFilterEnabled`; what a switch turns off is still checked.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from discovery.sandbox import kinds
from discovery.sandbox.errors import Refused, bad_parameter, out_of_range
from discovery.sandbox.marketplaces import KNOWN_DOMAINS
from discovery.sandbox.reading import flag, ids, texts, whole
from discovery.sandbox.series import SIMULATED

DEAL_TYPES: Final = frozenset({*range(4), *range(5, 11), *range(18, 23), 32, 33})
"""The types of `csv` Keepa finds deals of."""

DAYS: Final = (2, 7, 31, 90)
"""The windows of `dateRange` 0 to 3: the first, called a day, is of 48 hours."""

LEAST_PERCENT: Final = 10
LEAST_PERCENT_OF_RANK: Final = 80

NEWEST, DELTA, RANK, PERCENT = range(1, 5)
"""The values of `sortType`."""

RANGES: Final = (
    "currentRange",
    "deltaRange",
    "deltaPercentRange",
    "salesRankRange",
    "deltaLastRange",
)
FLAGS: Final = frozenset(
    {
        "isLowest", "isLowest90", "isLowestOffer", "isBackInStock", "isOutOfStock", "filterErotic",
        "hasReviews", "mustHaveAmazonOffer", "mustNotHaveAmazonOffer", "singleVariation",
    }
)  # fmt: skip
TEXTS: Final = frozenset(
    {
        "type",
        "manufacturer",
        "brand",
        "productGroup",
        "color",
        "author",
        "binding",
        "brandStoreName",
    }
)
NOT_SIMULATED: Final = frozenset(
    {
        "isPrimeExclusive", "warehouseConditions", "material", "model", "size", "unitType", "scent",
        "itemForm", "pattern", "style", "itemTypeKeyword", "targetAudienceKeyword", "edition",
        "format", "languages", "brandStoreUrlName", "websiteDisplayGroup",
        "websiteDisplayGroupName", "salesRankDisplayGroup",
    }
)  # fmt: skip
_REST: Final = frozenset(
    {
        "page", "domainId", "priceTypes", "dateRange", "sortType", "isRangeEnabled",
        "isFilterEnabled", "includeCategories", "excludeCategories", "titleSearch", "minRating",
    }
)  # fmt: skip
NAMES: Final = FLAGS | TEXTS | NOT_SIMULATED | _REST | {*RANGES}

_OPEN: Final = 10**12


@dataclass(frozen=True, slots=True)
class DealQuery:
    """A validated query; the filters and ranges that are switched off are not in it."""

    domain: int
    kind: int
    date_range: int
    page: int
    sort: int
    """`sortType`: 1 to 4, negative for the other way round."""
    ranges: Mapping[str, tuple[int, int]]
    """Inclusive bounds by name; the share a price fell by is always bounded."""
    flags: frozenset[str]
    texts: Mapping[str, frozenset[str]]
    title_words: tuple[str, ...]
    included: frozenset[int]
    excluded: frozenset[int]
    min_rating: int


def parse_deals(raw: object, domain: int | None) -> DealQuery:
    """Refuses (400, 405) by name what Keepa does not know and what is not simulated here.

    `domain` is that of the address, for a query that names none.
    """
    if not isinstance(raw, dict):
        raise bad_parameter("The deal query is not a JSON object.")
    fields = {name: value for name, value in raw.items() if value is not None}
    unknown = sorted(fields.keys() - NAMES)
    if unknown:
        raise bad_parameter("The deal query holds unknown names: " + ", ".join(unknown))
    missing = sorted(fields.keys() & NOT_SIMULATED)
    if missing:
        raise Refused(
            400,
            "notSimulated",
            "Keepa knows these fields, the sandbox does not simulate them: " + ", ".join(missing),
            "See docs/sandbox.md.",
        )
    kind = _kind(fields.get("priceTypes", 0))
    ranges = _ranges(fields, kind)
    filters = _filters(fields)
    if not flag(fields.get("isRangeEnabled", False), "isRangeEnabled"):
        ranges = {"deltaPercentRange": (_least_percent(kind), _OPEN)}
    if not flag(fields.get("isFilterEnabled", False), "isFilterEnabled"):
        filters = _filters({})
    return DealQuery(
        _domain(fields.get("domainId", domain)),
        kind,
        _between(fields.get("dateRange", 0), "dateRange", 0, len(DAYS) - 1),
        _between(fields.get("page", 0), "page", 0, _OPEN),
        _sort(fields.get("sortType", NEWEST)),
        ranges,
        *filters,
    )


def _domain(value: object) -> int:
    if value is None:
        raise bad_parameter("domainId is missing.")
    domain = whole(value, "domainId")
    if domain not in KNOWN_DOMAINS:
        raise out_of_range("There is no such domain.", str(domain))
    return domain


def _kind(value: object) -> int:
    types = value if isinstance(value, list) else [value]
    if len(types) != 1:
        raise bad_parameter("priceTypes must hold exactly one type.", repr(value)[:80])
    kind = whole(types[0], "priceTypes")
    if kind not in DEAL_TYPES:
        raise bad_parameter("There are no deals of this type.", str(kind))
    if kind not in SIMULATED:
        raise Refused(
            400, "notSimulated", f"The sandbox has no data of {kinds.NAMES[kind]}: priceTypes."
        )
    return kind


def _between(value: object, name: str, low: int, high: int) -> int:
    number = whole(value, name)
    if not low <= number <= high:
        raise out_of_range(f"{name} is out of range.", str(number))
    return number


def _sort(value: object) -> int:
    sort = whole(value, "sortType")
    if abs(sort) not in {NEWEST, DELTA, RANK, PERCENT} or sort == -NEWEST:
        raise bad_parameter("sortType must be 1, or 2 to 4 with either sign.", str(sort))
    return sort


def _least_percent(kind: int) -> int:
    return LEAST_PERCENT_OF_RANK if kind == kinds.SALES else LEAST_PERCENT


def _ranges(fields: Mapping[str, object], kind: int) -> dict[str, tuple[int, int]]:
    ranges = {name: _range(fields[name], name) for name in RANGES if name in fields}
    least = _least_percent(kind)
    low, high = ranges.setdefault("deltaPercentRange", (least, _OPEN))
    if low < least:
        raise bad_parameter(
            f"deltaPercentRange must begin at {least} or above.", f"[{low}, {high}]"
        )
    return ranges


def _range(value: object, name: str) -> tuple[int, int]:
    if not isinstance(value, list) or len(value) != 2:
        raise bad_parameter(f"{name} must hold two whole numbers.", repr(value)[:80])
    low, high = (whole(each, name) for each in value)
    # An upper end of -1 is open: Keepa says so of the rank, and no other figure is below zero.
    return low, _OPEN if high == -1 else high


_Filters = tuple[
    frozenset[str], dict[str, frozenset[str]], tuple[str, ...], frozenset[int], frozenset[int], int
]


def _filters(fields: Mapping[str, object]) -> _Filters:
    flags = frozenset(name for name in FLAGS & fields.keys() if flag(fields[name], name))
    words = {name: texts(fields[name], name) for name in TEXTS & fields.keys()}
    title = fields.get("titleSearch", "")
    if not isinstance(title, str):
        raise bad_parameter("titleSearch must be text.", repr(title)[:80])
    return (
        flags,
        words,
        tuple(title.casefold().split()),
        ids(fields.get("includeCategories", []), "includeCategories"),
        ids(fields.get("excludeCategories", []), "excludeCategories"),
        whole(fields.get("minRating", -1), "minRating"),
    )
