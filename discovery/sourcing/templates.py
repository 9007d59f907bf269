"""Jobs to start from, as shipped: what resellers let run while they sleep.

What they ask is wide: a job scores up to 200 products a run, and only what changed is bought again.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cached_property
from typing import Any

from django.contrib.auth.models import AbstractBaseUser
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from discovery.accounts.preferences import preferences_of
from discovery.keepa.marketplaces import MARKETPLACES
from discovery.models import CostKind, SourcingJob
from discovery.niches.service import HOME
from discovery.niches.templates import NicheTemplate, question
from discovery.sourcing.job_request import read_job
from discovery.sourcing.jobs import create_job

Source = SourcingJob.Source
SAME, EUROPE, DIP = CostKind.SAME_LISTING.value, CostKind.EUROPE.value, CostKind.DIP.value


@dataclass(frozen=True)
class JobTemplate:
    """``name`` and ``why`` are to be translated; ``niche`` is what a niche's job asks.

    ``criteria`` are those of the other sources. ``times`` are in the time zone of who uses it.
    """

    slug: str
    name: str
    why: str
    source: str
    times: tuple[str, ...]
    cost_kinds: tuple[str, ...] = (SAME, EUROPE, DIP)
    niche: Mapping[str, Any] = field(default_factory=dict)
    criteria: Mapping[str, Any] = field(default_factory=dict)
    max_results: int = 200
    marketplace: str = HOME

    def on(self, marketplace: str) -> JobTemplate | None:
        """The same job on another marketplace; ``None`` where it cannot be asked there."""
        if marketplace not in MARKETPLACES:
            return None
        asked: Mapping[str, Any] = self.niche
        if asked:
            there = NicheTemplate(self.slug, self.name, self.why, asked).on(marketplace)
            if there is None:
                return None
            asked = there.asked
        return replace(self, niche=asked, marketplace=marketplace)

    @cached_property
    def asked(self) -> dict[str, Any]:
        """What ``read_job`` reads, without its name."""
        filters = (
            NicheTemplate(self.slug, self.name, self.why, self.niche).filters.canonical()
            if self.niche
            else None
        )
        return {
            "source": self.source,
            "marketplace": self.marketplace,
            "criteria": {"filters": filters} if filters else dict(self.criteria),
            "cost_kinds": list(self.cost_kinds),
            "max_results": self.max_results,
            "times": list(self.times),
        }


_TEMPLATES = (
    JobTemplate(
        "bonnes-affaires-jeux",
        gettext_noop("Toys and games: bargains on the listing itself"),
        gettext_noop("A seller, or a used copy, stands far below the price that buyers pay."),
        Source.NICHE,
        ("07:30", "13:00"),
        cost_kinds=(SAME, DIP),
        niche=question("Jeux et Jouets", 200, 80_000, (12, 120)),
    ),
    JobTemplate(
        "europe-cuisine",
        gettext_noop("Kitchen: cheaper elsewhere in Europe"),
        gettext_noop("The same product on Amazon in Germany, Italy or Spain, carriage included."),
        Source.NICHE,
        ("02:30",),
        cost_kinds=(EUROPE,),
        niche=question("Cuisine et Maison", 200, 60_000, (20, 150)),
    ),
    JobTemplate(
        "amazon-en-baisse",
        gettext_noop("Amazon far below its usual price"),
        gettext_noop(
            "Bought now, sold once the price is back; how often it came back is measured."
        ),
        Source.DEALS,
        ("06:00", "12:00", "18:00"),
        cost_kinds=(SAME, DIP),
        criteria={
            "price_type": "AMAZON",
            "drop_percent": 15,
            "range": 3,
            "bsr_max": 150_000,
            "price_min": "12.00",
            "pages": 3,
        },
    ),
    JobTemplate(
        "baisses-du-jour",
        gettext_noop("The drops of the day"),
        gettext_noop("New offers that fell since yesterday, for 5 tokens a look."),
        Source.DEALS,
        ("08:00", "20:00"),
        criteria={
            "price_type": "NEW",
            "drop_percent": 20,
            "range": 0,
            "bsr_max": 80_000,
            "price_min": "15.00",
            "pages": 1,
        },
    ),
    JobTemplate(
        "offres-sous-leur-moyenne",
        gettext_noop("Offers far below their mean of 90 days"),
        gettext_noop("New offers that fell and stayed down: bought below the usual sell price."),
        Source.DEALS,
        ("10:00",),
        cost_kinds=(SAME,),
        criteria={
            "price_type": "NEW",
            "drop_percent": 15,
            "range": 3,
            "bsr_max": 150_000,
            "price_min": "15.00",
            "pages": 3,
        },
    ),
    JobTemplate(
        "favoris-et-achats",
        gettext_noop("My favourites and my stock"),
        gettext_noop("Price, rank and Amazon’s return, looked at twice a day."),
        Source.FAVOURITES,
        ("07:00", "19:00"),
        criteria={"favourites": True, "purchases": True},
    ),
    JobTemplate(
        "europe-high-tech",
        gettext_noop("Electronics: cheaper elsewhere in Europe"),
        gettext_noop("Small goods that travel for little, from Germany, Italy or Spain."),
        Source.NICHE,
        ("03:30",),
        cost_kinds=(SAME, EUROPE),
        niche=question("High-Tech", 200, 40_000, (15, 120)),
    ),
    JobTemplate(
        "bricolage-toutes-voies",
        gettext_noop("Tools and spare parts, however they can be bought"),
        gettext_noop("Few rivals and precise needs: every way of buying is tried."),
        Source.NICHE,
        ("04:30",),
        niche=question("Bricolage", 200, 60_000, (15, 120)),
    ),
    JobTemplate(
        "sports-toutes-voies",
        gettext_noop("Sports gear, however it can be bought"),
        gettext_noop("Bought out of season, here or elsewhere in Europe."),
        Source.NICHE,
        ("05:30",),
        niche=question("Sports et Loisirs", 200, 60_000, (15, 120)),
    ),
    JobTemplate(
        "jeux-video-rares",
        gettext_noop("Video games that others sell too cheap"),
        gettext_noop("Titles out of print whose cheapest offer forgets what they are worth."),
        Source.NICHE,
        ("09:00",),
        cost_kinds=(SAME, EUROPE),
        niche=question("Jeux vidéo", 200, 40_000, (15, 120)),
    ),
)


def templates_for(marketplace: str) -> tuple[JobTemplate, ...]:
    """The jobs to start from on a marketplace; none on one we do not know."""
    adapted = (template.on(marketplace) for template in _TEMPLATES)
    return tuple(template for template in adapted if template)


def template_of(slug: str, marketplace: str) -> JobTemplate | None:
    """The job of that name, on the marketplace if it can be asked there, else on its own."""
    wanted = next((template for template in _TEMPLATES if template.slug == slug), None)
    return (wanted.on(marketplace) or wanted) if wanted else None


def create_from_templates(
    *,
    owner: AbstractBaseUser,
    now: datetime,
    marketplace: str = "",
    slugs: Sequence[str] = (),
) -> list[SourcingJob]:
    """Keep these templates, all of them by default, as jobs of the owner; returns the jobs.

    They are of the marketplace, by default the one the user has chosen.
    """
    place = marketplace or preferences_of(user=owner).marketplace or HOME
    wanted = [one for one in templates_for(place) if not slugs or one.slug in slugs]
    return [
        create_job(
            owner=owner,
            asked=read_job(one.asked | {"name": _(one.name)}, user=owner, localize=False),
            now=now,
        )
        for one in wanted
    ]
