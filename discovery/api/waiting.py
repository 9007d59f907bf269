"""Long work over the API: ``202`` with a run to poll, or its end for who waits."""

from __future__ import annotations

from typing import Annotated

from ninja import Query

LONGEST_WAIT = 30  # seconds
# Of operations: ``wait: Wait = 0``.
Wait = Annotated[
    int, Query(ge=0, le=LONGEST_WAIT, description="Seconds to wait for the end before answering.")
]
