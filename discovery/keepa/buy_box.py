"""Who holds the Buy Box: what Keepa says of it, and each seller's share of the time.

A share is one of time, not of changes of hand: the owner in force when the window opens counts
from there, the last one until the end. Suppressed ("−1") and unknown ("−2") time is nobody's.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from operator import itemgetter

from discovery.keepa.product import BuyBox
from discovery.keepa.raw_fields import (
    LATEST_MINUTE,
    OFFSET_MINUTES,
    Raw,
    as_integer,
    flag,
    integer,
    items,
    known,
    lose,
    mapping,
    number,
    storable,
)

WINDOW = timedelta(days=90)
# Shares of a window of which less is known say nothing about the rest of it.
LEAST_KNOWN = WINDOW / 3
NOBODY = frozenset({"-1", "-2"})
ALL = 100.0


@dataclass(frozen=True, slots=True)
class BuyBoxShares:
    """Percentages of the known time: Amazon's, and that of the third party who holds it most.

    ``sellers`` counts who held it, Amazon included. ``None`` is unknown.
    """

    amazon: float | None
    leader: float | None
    sellers: int


def decode_buy_box(raw: Raw, stats: Raw) -> BuyBox:
    """The Buy Box of a product's answer."""
    return BuyBox(
        price=known(stats, "buyBoxPrice"),
        shipping=known(stats, "buyBoxShipping"),
        is_amazon=flag(stats, "buyBoxIsAmazon"),
        condition=integer(stats, "buyBoxCondition"),
        is_back_order=flag(stats, "buyBoxIsBackorder") or False,
        is_preorder=flag(stats, "buyBoxIsPreorder") or False,
        is_shippable=flag(stats, "buyBoxIsShippable") is not False,
        shares=_shares(stats),
        owners=_owners(raw),
    )


def shares_of(buy_box: BuyBox, *, amazon: str, until: datetime) -> BuyBoxShares | None:
    """Who held it in the ``WINDOW`` before ``until``; None when too little is known.

    ``amazon`` is Amazon's own seller id, another in each marketplace. Counted from the changes of
    hand, of the time with a known owner; without enough of those, Keepa's own shares, which are
    of its statistics' window.
    """
    held = _time_held(buy_box, until)
    total = sum(held.values(), timedelta())
    if total >= LEAST_KNOWN:
        return _ranked({seller: ALL * (time / total) for seller, time in held.items()}, amazon)
    if buy_box.shares is None:
        return None
    shares = _ranked(buy_box.shares, amazon)
    # They need not add up: a seller who is not named may hold the rest.
    named = amazon in buy_box.shares or sum(buy_box.shares.values()) >= ALL / 2
    return shares if named else BuyBoxShares(None, shares.leader, shares.sellers)


def _ranked(shares: Mapping[str, float], amazon: str) -> BuyBoxShares:
    others = [share for seller, share in shares.items() if seller != amazon]
    return BuyBoxShares(
        amazon=min(shares.get(amazon, 0.0), ALL),
        leader=min(max(others, default=0.0), ALL),
        sellers=len(shares),
    )


def _time_held(buy_box: BuyBox, until: datetime) -> dict[str, timedelta]:
    opens, ends = (until - WINDOW).timestamp(), until.timestamp()
    held: dict[str, timedelta] = {}
    for (start, seller), (end, _) in pairwise((*buy_box.owners, (ends, None))):
        seconds = min(end, ends) - max(start, opens)
        if seller is not None and seconds > 0:
            held[seller] = held.get(seller, timedelta()) + timedelta(seconds=seconds)
    return held


def _shares(stats: Raw) -> dict[str, float] | None:
    if not isinstance(stats.get("buyBoxStats"), Mapping):
        return None
    told = mapping(stats, "buyBoxStats")
    shares = {}
    for seller in told:
        won = number(mapping(told, seller), "percentageWon")
        if won is not None and 0 <= won <= ALL and seller not in NOBODY:
            shares[seller] = float(won)
    return shares


def _owners(raw: Raw) -> tuple[tuple[int, str | None], ...]:
    """Keepa writes minutes and sellers alternately, both as text."""
    key = "buyBoxSellerIdHistory"
    points = items(raw, key)
    owners = []
    for told, seller in zip(points[::2], points[1::2], strict=False):
        minute = as_integer(told)
        if minute is None or not 0 <= minute <= LATEST_MINUTE or not isinstance(seller, str):
            continue
        second = (minute + OFFSET_MINUTES) * 60
        owners.append((second, None if seller in NOBODY else storable(seller)))
    if len(owners) * 2 < len(points):
        lose(raw, key)
    return tuple(sorted(owners, key=itemgetter(0)))
