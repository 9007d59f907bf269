"""Opening a category of Keepa's tree: two who do so at once pay once."""

from __future__ import annotations

from collections.abc import Sequence

from discovery import leases
from discovery.keepa.categories.stored import open_category
from discovery.keepa.client import get_client


def open_once(*, category_id: int, marketplace: str) -> int:
    """``open_category``; returns the tokens spent, none by who waits for another to open it.

    Raises ``KeepaError``.
    """
    spent = looks = 0

    def count() -> None:
        nonlocal looks
        looks += 1

    def stored(numbers: Sequence[str]) -> Sequence[str]:
        # Large categories are opened in several steps: who waited has had the step he asked for.
        return numbers if looks > 1 else ()

    def buy(_numbers: Sequence[str]) -> Sequence[str]:
        nonlocal spent
        spent = open_category(category_id, marketplace=marketplace, client=get_client())
        return ()

    leases.buy_once(
        [str(category_id)], kind=f"tree_{marketplace}", stored=stored, buy=buy, on_wait=count
    )
    return spent
