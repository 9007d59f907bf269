"""Sellers, and what they offer, as Keepa's ``/seller`` tells.

The answer also holds names, addresses and telephone numbers of people: none is read. The name of
the shop, which stands on every offer, is.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from discovery.keepa.answers import Unreadable
from discovery.keepa.decode import clean_text, is_asin
from discovery.keepa.raw_fields import Raw, as_integer, flag, items, moment, text

MOST_SELLERS = 100  # in one call without storefronts
LONGEST_NAME = 120  # characters
SELLER_ID = re.compile(r"A[A-Z0-9]{9,19}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Seller:
    """A seller; ``total`` is how many products Keepa last counted, at ``counted_at``."""

    seller_id: str
    name: str
    has_fba: bool | None
    total: int | None
    counted_at: datetime | None


@dataclass(frozen=True, slots=True)
class SellersAnswer:
    """Sellers by id; ``unknown`` are those Keepa does not know."""

    sellers: Mapping[str, Seller]
    unknown: tuple[str, ...]
    tokens_spent: int


@dataclass(frozen=True, slots=True, kw_only=True)
class StorefrontAnswer:
    """What a seller offers, the freshest first; ``last_seen`` tells when each was seen there.

    ``seller`` is ``None`` where Keepa does not know it. ``is_listed`` is False where Keepa has
    never looked at the storefront: that it offers nothing must not be concluded.
    """

    seller_id: str
    seller: Seller | None
    asins: tuple[str, ...] = ()
    last_seen: Mapping[str, datetime] = field(default_factory=dict)
    is_listed: bool = False
    tokens_spent: int = 0


def read_sellers(
    body: Mapping[str, Any], tokens_spent: int, *, asked: Sequence[str]
) -> SellersAnswer:
    """Who the sellers are. Raises ``Unreadable``."""
    told = _told(body)
    found = {
        seller_id: _seller(seller_id, raw)
        for seller_id in asked
        if (raw := told.get(seller_id)) is not None
    }
    return SellersAnswer(found, tuple(name for name in asked if name not in found), tokens_spent)


def read_storefront(body: Mapping[str, Any], tokens_spent: int, *, asked: str) -> StorefrontAnswer:
    """What the seller offers. Raises ``Unreadable``."""
    raw = _told(body).get(asked)
    if raw is None:
        return StorefrontAnswer(seller_id=asked, seller=None, tokens_spent=tokens_spent)
    listed = raw.get("asinList")
    if listed is not None and not isinstance(listed, list):
        raise Unreadable("asinList")
    seen_at = items(raw, "asinListLastSeen")
    asins: list[str] = []
    last_seen: dict[str, datetime] = {}
    for place, asin in enumerate(listed or ()):
        if not isinstance(asin, str) or not is_asin(asin) or asin in last_seen:
            continue
        asins.append(asin)
        seen = moment({"at": seen_at[place]}, "at") if place < len(seen_at) else None
        if seen is not None:
            last_seen[asin] = seen
    if listed and not asins:
        raise Unreadable("asinList")
    return StorefrontAnswer(
        seller_id=asked,
        seller=_seller(asked, raw),
        asins=tuple(dict.fromkeys(asins)),
        last_seen=last_seen,
        is_listed=listed is not None,
        tokens_spent=tokens_spent,
    )


def _told(body: Mapping[str, Any]) -> Mapping[str, Any]:
    told = body.get("sellers")
    if told is None and body.get("tokensConsumed") is not None:
        return {}  # Keepa knows none of them
    if not isinstance(told, Mapping):
        raise Unreadable("sellers")
    if any(raw is not None and not isinstance(raw, Mapping) for raw in told.values()):
        raise Unreadable("sellers")
    return told


def _seller(seller_id: str, raw: Raw) -> Seller:
    counted = items(raw, "totalStorefrontAsins")
    total = as_integer(counted[1]) if len(counted) > 1 else None
    return Seller(
        seller_id=seller_id,
        name=(clean_text(text(raw, "sellerName")) or "")[:LONGEST_NAME],
        has_fba=flag(raw, "hasFBA"),
        total=None if total is None or total < 0 else total,
        counted_at=moment({"at": counted[0]}, "at") if counted else None,
    )
