"""The Buy Box is held for a time: a share is one of that time, not of the changes of hand."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from discovery.keepa.buy_box import BuyBoxShares, decode_buy_box, shares_of
from discovery.keepa.marketplaces import MARKETPLACES
from discovery.keepa.raw_fields import OFFSET_MINUTES, Noted

NOW = datetime(2026, 8, 10, 9, 30, tzinfo=UTC)
AMAZON_FR, AMAZON_US = (MARKETPLACES[code].amazon_seller_id for code in ("fr", "us"))


def owners(*changes: tuple[float, str]) -> list[str]:
    """What Keepa writes: how many days ago, and who held it from then on."""
    history = []
    for days, seller in changes:
        minute = int((NOW - timedelta(days=days)).timestamp()) // 60 - OFFSET_MINUTES
        history += [str(minute), seller]
    return history


def shares(
    *, history: list[str] | None = None, stats: Any = None, amazon: str = AMAZON_FR
) -> BuyBoxShares | None:
    raw = {"buyBoxSellerIdHistory": history}
    return shares_of(decode_buy_box(raw, {"buyBoxStats": stats}), amazon=amazon, until=NOW)


def won(**percent: float) -> dict[str, dict[str, float]]:
    return {seller: {"percentageWon": share} for seller, share in percent.items()}


def test_the_owner_when_the_window_opens_counts_and_the_last_one_until_now() -> None:
    # 60 + 10 days Amazon's, 8 one seller's, 4 another's; 3 suppressed, 5 unknown.
    history = owners(
        (200, AMAZON_FR), (30, "SOMEBODY"), (22, "-1"), (19, "OTHER"), (15, "-2"), (10, AMAZON_FR)
    )
    found = shares(history=history)
    assert found is not None
    assert found.amazon == pytest.approx(100 * 70 / 82)
    assert found.leader == pytest.approx(100 * 8 / 82)
    assert found.sellers == 3


def test_one_change_of_hand_long_ago_is_all_of_the_time() -> None:
    assert shares(history=owners((400, "SOMEBODY"))) == BuyBoxShares(0.0, 100.0, 1)


def test_amazon_is_another_seller_in_each_marketplace() -> None:
    history = owners((200, AMAZON_FR))
    assert shares(history=history) == BuyBoxShares(100.0, 0.0, 1)
    assert shares(history=history, amazon=AMAZON_US) == BuyBoxShares(0.0, 100.0, 1)


def test_nobody_and_unknown_are_no_sellers() -> None:
    assert shares(history=owners((200, "-1"))) is None
    assert shares(history=owners((200, "-2"), (50, "SOMEBODY"))) == BuyBoxShares(0.0, 100.0, 1)


def test_a_few_known_days_tell_nothing_of_the_window() -> None:
    history = owners((200, "-2"), (6, "SOMEBODY"))
    assert shares(history=history) is None
    found = shares(history=history, stats=won(SOMEBODY=6.0))
    assert found == BuyBoxShares(None, 6.0, 1)


def test_without_a_history_keepas_own_shares_stand() -> None:
    found = shares(stats=won(**{AMAZON_FR: 12.5, "SOMEBODY": 84.0, "OTHER": 2.0}))
    assert found == BuyBoxShares(12.5, 84.0, 3)
    assert shares(stats=won(SOMEBODY=60.0)) == BuyBoxShares(0.0, 60.0, 1)


def test_shares_that_do_not_add_up_hide_somebody() -> None:
    """Two sellers with 1.2 and 1 percent: that Amazon is not named says nothing."""
    assert shares(stats=won(SOMEBODY=1.2, OTHER=1.0)) == BuyBoxShares(None, 1.2, 2)
    assert shares(stats={}) == BuyBoxShares(None, 0.0, 0)


def test_what_was_not_asked_for_is_unknown_not_nothing() -> None:
    assert shares() is None


@pytest.mark.parametrize("flag", [True, False, None])
def test_the_flag_of_a_used_buy_box_decides_nothing(flag: bool | None) -> None:
    told = {"buyBoxIsUsed": flag, "buyBoxCondition": 1, "buyBoxPrice": 4210, "buyBoxShipping": 0}
    box = decode_buy_box({}, told)
    assert (box.total, box.condition) == (4210, 1)


def test_an_offer_in_it_that_cannot_be_sent_is_held_up() -> None:
    for told in ({"buyBoxIsBackorder": True}, {"buyBoxIsPreorder": True}):
        assert decode_buy_box({}, told).is_held_up
    assert decode_buy_box({}, {"buyBoxIsShippable": False}).is_held_up
    nothing = dict.fromkeys(("buyBoxIsBackorder", "buyBoxIsPreorder", "buyBoxIsShippable"))
    assert not decode_buy_box({}, nothing).is_held_up


@pytest.mark.parametrize(
    "history", [["8000000"], ["soon", "SOMEBODY"], ["8000000", 5], [None, "SOMEBODY"]]
)
def test_a_change_of_hand_that_cannot_be_read_is_left_out(history: list[Any]) -> None:
    known = owners((9, "OTHER"))
    raw = Noted({"buyBoxSellerIdHistory": [*known, *history]})
    found = decode_buy_box(raw, {}).owners
    assert found == decode_buy_box({"buyBoxSellerIdHistory": known}, {}).owners != ()
    assert raw.lost == ["buyBoxSellerIdHistory"]


@pytest.mark.parametrize("record", [None, {}, {"percentageWon": "all"}, {"percentageWon": True}])
def test_a_share_that_is_no_number_is_left_out(record: Any) -> None:
    stats = {"buyBoxStats": {"SOMEBODY": record, "OTHER": {"percentageWon": 60.0}}}
    assert decode_buy_box({}, stats).shares == {"OTHER": 60.0}
