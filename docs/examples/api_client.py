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

SEARCH = {
    "name": "Books worth a look",
    "filters": {"marketplace": "us", "categories": ["Books"], "bsr_range": [10_000, 50_000]},
    "max_results": 20,
}
# No tokens, already being answered, too many requests, Keepa or the database away: all say when
# to come back.
WORTH_REPEATING = {402, 409, 429, 503}
ATTEMPTS = 5
LONGEST_PAUSE = 600  # seconds
ENDED = {"done", "failed", "cancelled"}


class Refused(Exception):
    """A problem document; ``code`` says which, ``errors`` what is wrong with which field."""

    def __init__(self, problem: dict[str, Any]) -> None:
        super().__init__(f"{problem['code']}: {problem['detail']}")
        self.problem = problem


def ask(
    site: httpx.Client, method: str, path: str, etag: str = "", **content: Any
) -> httpx.Response:
    """The answer to one call, repeated as the site says; 304 if it is still that of ``etag``.

    Raises ``Refused``.
    """
    headers = {"If-None-Match": etag} if etag else {}
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
        if answer.is_success or answer.status_code == httpx.codes.NOT_MODIFIED:
            return answer
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
        answer = ask(site, "GET", path, params=asked).json()
        yield from answer[plural]
        cursor = answer["next"]
        if cursor is None:
            return


def ended(site: httpx.Client, started: httpx.Response) -> dict[str, Any]:
    """The run that a call has started, once nobody works on it any more.

    It is asked for with the tag of the last answer: while nothing has changed none is sent.
    """
    address = httpx.URL(started.headers["Location"])
    run, pause, etag = started.json(), int(started.headers.get("Retry-After", "0")), ""
    while run["state"] not in ENDED:
        if run["state"] == "waiting" and pause > LONGEST_PAUSE:
            raise Refused(run["problem"] | {"detail": f"goes on at {run['resume_at']}"})
        time.sleep(pause)
        answer = ask(site, "GET", str(site.base_url.join(address)), etag=etag)
        if answer.is_success:
            run, etag = answer.json(), answer.headers["ETag"]
        pause = 1
    return run


def main(address: str) -> None:
    """Price a search, make it, tell what is worth buying, and keep an eye on the best."""
    headers = {
        "Authorization": f"Bearer {os.environ['ARBITRAGEVAULT_TOKEN']}",
        "Accept-Language": "en",
    }
    with httpx.Client(base_url=f"{address}/api/v1", headers=headers, timeout=120) as site:
        quote = ask(site, "POST", "/niches/quote", json=SEARCH).json()
        print(f"{quote['tokens']} tokens, {quote['tokens_at_most']} at most")
        run = ended(site, ask(site, "POST", "/runs", params={"wait": 1}, json=SEARCH))
        print(f"{run['state']}: {run['scored']} products scored, {run['tokens_spent']} tokens")
        lines = list(pages(site, f"/runs/{run['id']}/lines", "lines", sort="rank", limit=8))
        for line in lines[:5]:
            product = line["product"]
            most = product["max_cost"]
            print(f"{product['recommendation']:<10} {product['asin']}  at most {most}")
        print(f"{len({line['product']['asin'] for line in lines})} different products")
        if lines:
            best = lines[0]["product"]["asin"]
            market = {"marketplace": run["marketplace"]}
            ask(site, "POST", f"/products/{best}/favorite", params=market)
            kept = ask(site, "GET", "/favourites", params=market).json()
            print(f"{len(kept['favourites'])} favourite")
        read = ask(site, "GET", f"/runs/{run['id']}")
        again = ask(site, "GET", f"/runs/{run['id']}", etag=read.headers["ETag"])
        print(f"the run, asked for again: {again.status_code}")


if __name__ == "__main__":
    main(sys.argv[1])
