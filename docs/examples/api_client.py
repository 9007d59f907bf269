"""A program that uses the API as it is meant to be: ``api_client.py ADDRESS`` on httpx.

Its token is in ``ARBITRAGEVAULT_TOKEN``; make one with the scopes ``read`` and ``search``.
"""

from __future__ import annotations

import os
import sys
import time
import uuid
from collections.abc import Iterator
from typing import Any

import httpx

NICHE = {
    "marketplace": "us",
    "categories": ["Books"],
    "bsr_range": [10_000, 50_000],
    "max_results": 20,
}
# No tokens, already being answered, too many requests, Keepa or the database away: all say when
# to come back.
WORTH_REPEATING = {402, 409, 429, 503}
ATTEMPTS = 5
LONGEST_PAUSE = 600  # seconds


class Refused(Exception):
    """A problem document; ``code`` says which, ``errors`` what is wrong with which field."""

    def __init__(self, problem: dict[str, Any]) -> None:
        super().__init__(f"{problem['code']}: {problem['detail']}")
        self.problem = problem


def ask(site: httpx.Client, method: str, path: str, **content: Any) -> Any:
    """The answer to one call, repeated as the site says; raises ``Refused``."""
    headers = {}
    if method == "POST":
        # Of this call, whatever happens to the line: repeated, it is not done and paid twice.
        headers["Idempotency-Key"] = str(uuid.uuid4())
    for attempt in range(1, ATTEMPTS + 1):
        try:
            answer = site.request(method, path, headers=headers, **content)
        except httpx.TransportError:
            if attempt == ATTEMPTS:
                raise
            time.sleep(attempt)
            continue
        if answer.is_success:
            return answer.json()
        pause = int(answer.headers.get("Retry-After", "-1"))
        last = attempt == ATTEMPTS or not 0 <= pause <= LONGEST_PAUSE
        if answer.status_code not in WORTH_REPEATING or last:
            raise Refused(answer.json())
        time.sleep(pause)
    raise AssertionError  # the last attempt has answered or raised


def pages(
    site: httpx.Client, path: str, plural: str, **parameters: Any
) -> Iterator[dict[str, Any]]:
    """Every row of a list, page after page."""
    cursor = None
    while True:
        asked = parameters if cursor is None else parameters | {"cursor": cursor}
        answer = ask(site, "GET", path, params=asked)
        yield from answer[plural]
        cursor = answer.get("next")
        if cursor is None:
            return


def main(address: str) -> None:
    """Search a niche, tell what is worth buying, and what jobs have found."""
    headers = {
        "Authorization": f"Bearer {os.environ['ARBITRAGEVAULT_TOKEN']}",
        "Accept-Language": "en",
    }
    with httpx.Client(base_url=f"{address}/api/v1", headers=headers, timeout=120) as site:
        found = ask(site, "POST", "/products/discover-with-scoring", json=NICHE)
        spent = found["metadata"]["tokens_spent"]
        print(f"{len(found['products'])} of {found['total_count']} products, {spent} tokens")
        for product in found["products"][:5]:
            most = product["max_cost"]
            print(f"{product['recommendation']:<10} {product['asin']}  at most {most}")
        picks = sum(1 for _pick in pages(site, "/picks", "picks", decided="open"))
        print(f"{picks} picks are open")
        left = ask(site, "GET", "/tokens")["tokens_left"]
        print(f"{left} Keepa tokens left")


if __name__ == "__main__":
    main(sys.argv[1])
