"""Trouble on demand: the ways Keepa and the network really fail, queued one call at a time.

| kind           | what the caller gets                                   | tokens charged |
|----------------|--------------------------------------------------------|----------------|
| 429            | not enough tokens, with the envelope                   | no             |
| 402            | payment required                                       | no             |
| 500, 503       | server trouble, with the envelope                      | no             |
| 502            | an HTML page from a proxy                              | no             |
| garbage        | status 200 and something that is not JSON, from a proxy| no             |
| reset_before   | the connection closes before the request is worked on  | no             |
| slow           | the right answer, `seconds` late                       | yes            |
| truncated      | status 200, the JSON cut in the middle                 | yes            |
| wrong_types    | the right shape with values of the wrong type          | yes            |
| missing_fields | half of the fields are gone                            | yes            |
| null_products  | `products` (`asinList`, `deals`, `sellers` ...) is null| yes            |
| unread_offers  | the offers could not be fetched                        | yes            |
| reset          | the connection closes after the work was done          | yes            |
| cut            | status 200, the connection closes within the body      | yes            |
| late_502, 504  | an HTML page from a proxy, after the work was done     | yes            |
"""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import Final

UNCHARGED: Final = frozenset({"429", "402", "500", "502", "503", "garbage", "reset_before"})
CHARGED: Final = frozenset(
    {
        "slow",
        "truncated",
        "wrong_types",
        "missing_fields",
        "null_products",
        "unread_offers",
        "reset",
        "cut",
        "late_502",
        "504",
    }
)
KINDS: Final = UNCHARGED | CHARGED

FREE_ENDPOINT: Final = "token"


@dataclass(frozen=True, slots=True)
class Fault:
    """`endpoint` None means any that costs tokens; `seconds` is for `slow`."""

    kind: str
    endpoint: str | None = None
    seconds: float = 0.0

    def hits(self, endpoint: str) -> bool:
        """Whether the fault is meant for a call to this endpoint."""
        if self.endpoint is None:
            return endpoint != FREE_ENDPOINT
        return self.endpoint == endpoint

    @property
    def is_charged(self) -> bool:
        """Whether the call costs tokens all the same."""
        return self.kind in CHARGED


class Faults:
    """First in, first out; each entry spoils one call."""

    def __init__(self) -> None:
        self._queue: list[Fault] = []
        self._lock = threading.Lock()

    def push(
        self,
        kind: str,
        *,
        times: int = 1,
        endpoint: str | None = None,
        seconds: float = 1.0,
    ) -> None:
        """Spoil the next `times` calls (of `endpoint`); ValueError on a kind that is none."""
        if kind not in KINDS:
            raise ValueError(f"No fault is called {kind!r}; there are {', '.join(sorted(KINDS))}.")
        with self._lock:
            self._queue += [Fault(kind, endpoint, seconds)] * times

    def next_for(self, endpoint: str) -> Fault | None:
        """Take the first fault meant for this endpoint out of the queue."""
        with self._lock:
            for place, fault in enumerate(self._queue):
                if fault.hits(endpoint):
                    return self._queue.pop(place)
        return None

    def clear(self) -> None:
        """Forget every fault queued."""
        with self._lock:
            self._queue.clear()

    def pending(self) -> list[Fault]:
        """The faults still queued, the next one first."""
        with self._lock:
            return list(self._queue)

    def __len__(self) -> int:
        return len(self.pending())
