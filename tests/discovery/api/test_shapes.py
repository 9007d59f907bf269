"""The shapes of the API's answers: two of one name would be told as one."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from ninja import Schema

import analytics.api


def shapes(kind: type[Schema] = Schema) -> Iterator[type[Schema]]:
    for shape in kind.__subclasses__():
        yield shape
        yield from shapes(shape)


def test_no_two_shapes_have_the_same_name() -> None:
    assert analytics.api.api.urls
    modules: dict[str, set[str]] = defaultdict(set)
    for shape in shapes():
        if ".api" in shape.__module__:
            modules[shape.__name__].add(shape.__module__)
    assert {name: found for name, found in modules.items() if len(found) > 1} == {}
