"""Every kind of job has its source."""

from __future__ import annotations

import pytest

from discovery.models import SourcingJob
from discovery.sourcing.sources.registry import SOURCES, source_of


@pytest.mark.parametrize("kind", SourcingJob.Source.values)
def test_each_has_its_own(kind: str) -> None:
    assert source_of(SourcingJob(source=kind)) is SOURCES[kind]
    assert len({id(source) for source in SOURCES.values()}) == len(SourcingJob.Source.values)
