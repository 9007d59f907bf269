"""Questions that programs ask over and over, in the same bytes: read once in a process.

Only questions whose categories are all built in are remembered: reading them looks nothing up, so
that they mean the same as long as the process lives. Refused ones are read anew each time.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from discovery.keepa.categories.known import find, known_categories
from discovery.search.request import NicheRequest, read_niche

MOST = 500  # questions remembered; beyond, all are forgotten
LONGEST = 4096  # bytes of one

_questions: dict[tuple[bytes, bool], NicheRequest] = {}


def niche_of_body(
    body: bytes, *, scoring: bool, read: Callable[[], Mapping[str, Any]]
) -> NicheRequest:
    """The question in these bytes, which ``read`` makes an object; raises what ``read`` and
    ``read_niche`` do.
    """
    key = body, scoring
    if (known := _questions.get(key)) is not None:
        return known
    data = read()
    question = read_niche(data, scoring=scoring, localize=False)
    if len(body) <= LONGEST and _is_built_in(data, question):
        if len(_questions) >= MOST:
            _questions.clear()
        _questions[key] = question
    return question


def _is_built_in(data: Mapping[str, Any], question: NicheRequest) -> bool:
    """Whether every category is known by the list that comes with the code, by name and number."""
    filters = question.filters
    built_in = known_categories(filters.marketplace)
    numbers = {category.id for category in built_in}
    asked = {
        *filters.root_categories,
        *filters.categories_include,
        *filters.categories_exclude,
    }
    given = data.get("categories") or ()
    terms = [given] if isinstance(given, str | int) else given
    return asked <= numbers and all(find(str(term), built_in) for term in terms)
