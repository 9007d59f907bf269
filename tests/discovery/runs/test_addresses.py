"""Each kind of run has every address that pages of runs ask for."""

from __future__ import annotations

import pytest
from django.urls import resolve

from discovery.models import Run
from discovery.runs.addresses import NAMES, address_of


@pytest.mark.parametrize("kind", Run.Kind.values)
def test_every_kind_has_the_same_actions_each_at_an_address_of_its_own(kind: str) -> None:
    run = Run(kind=kind)
    addresses = {action: address_of(run, action) for action in NAMES[Run.Kind.SEARCH]}
    assert len(set(addresses.values())) == len(addresses)
    for address in addresses.values():
        assert resolve(address).kwargs["kind"] == kind
        assert address.startswith(run.get_absolute_url())
