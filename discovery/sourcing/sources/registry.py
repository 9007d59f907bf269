"""Which source a job has."""

from __future__ import annotations

from collections.abc import Mapping

from discovery.models import SourcingJob
from discovery.sourcing.sources.base import Source
from discovery.sourcing.sources.deals import DealsSource
from discovery.sourcing.sources.favourites import FavouritesSource
from discovery.sourcing.sources.niche import NicheSource
from discovery.sourcing.sources.sellers import SellersSource

SOURCES: Mapping[str, Source] = {
    SourcingJob.Source.NICHE: NicheSource(),
    SourcingJob.Source.DEALS: DealsSource(),
    SourcingJob.Source.SELLERS: SellersSource(),
    SourcingJob.Source.FAVOURITES: FavouritesSource(),
}


def source_of(job: SourcingJob) -> Source:
    """Where the job's candidates come from."""
    return SOURCES[job.source]
