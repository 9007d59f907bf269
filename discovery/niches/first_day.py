"""The first day: three answers choose a user's marketplace, profile and example niches."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet
from django.utils.translation import gettext as _

from discovery.accounts.preferences import keep_preferences, preferences_of
from discovery.models import BusinessProfile, Niche, Run
from discovery.niches.service import EXAMPLES as GIVEN
from discovery.niches.service import HOME, create_niche
from discovery.niches.templates import NicheTemplate, templates_for
from discovery.profiles.fitting import USED_GOODS, fitting_profile
from discovery.scoring import VatRegime


class Goods(StrEnum):
    """What somebody sells."""

    NEW = "new"
    TOYS = "toys"
    VIDEO_GAMES = "video_games"
    NEW_BOOKS = "new_books"
    USED_BOOKS = "used_books"


# The templates that make a start for each.
EXAMPLES: Mapping[Goods, tuple[str, ...]] = {
    Goods.NEW: ("cuisine-peu-de-vendeurs", "fournitures-de-bureau"),
    Goods.TOYS: ("jeux-de-societe", "jouets-hors-saison"),
    Goods.VIDEO_GAMES: ("jeux-video-recherches",),
    Goods.NEW_BOOKS: ("manuels-universitaires",),
    Goods.USED_BOOKS: ("livres-occasion-rapides",),
}


@dataclass(frozen=True, slots=True)
class Start:
    """What the answers have chosen: the profile, and how many example niches were made."""

    profile: BusinessProfile
    niches: int


@transaction.atomic
def introduce(
    *,
    user: AbstractBaseUser,
    regime: VatRegime,
    marketplace: str,
    goods: Iterable[Goods],
    now: datetime,
) -> Start:
    """Choose for a user as they answered; answering again chooses anew and repeats no niche.

    Their profile is the one for used goods where they sell nothing else. A niche they have, or
    had and put away, is not made a second time. The examples that the site gave before anything
    was known make room for theirs, if nothing was done with them.
    """
    if preferences_of(user=user).introduced_at is None:
        _given_to(user).delete()
    chosen = set(goods)
    only_used = chosen == {Goods.USED_BOOKS}
    profile = fitting_profile(user=user, used=only_used, regime=regime)
    wanted = {slug for one in chosen for slug in EXAMPLES[one]}
    here = [template for template in templates_for(marketplace) if template.slug in wanted]
    made = _make_niches(user, here, profile, regime)
    keep_preferences(user=user, marketplace=marketplace, profile=profile, introduced_at=now)
    return Start(profile, made)


def is_newcomer(*, user: AbstractBaseUser) -> bool:
    """Whether the questions are still open, and every niche is an example that the site gave."""
    if preferences_of(user=user).introduced_at is not None:
        return False
    return not Niche.objects.filter(owner=user.pk).exclude(pk__in=_given_to(user)).exists()


def skip_introduction(*, user: AbstractBaseUser, now: datetime) -> None:
    """The user does not want the questions: they are not offered again."""
    keep_preferences(user=user, introduced_at=now)


def _given_to(user: AbstractBaseUser) -> QuerySet[Niche]:
    """The user's niches that are as the site gave them, and were never run."""
    given = [one.filters.canonical() for one in templates_for(HOME) if one.slug in GIVEN]
    untouched = Niche.objects.filter(
        owner=user.pk, marketplace=HOME, filters__in=given, archived_at=None, deleted_at=None
    )
    return untouched.filter(~Exists(Run.objects.filter(niche=OuterRef("pk"))))


def _make_niches(
    user: AbstractBaseUser,
    templates: Iterable[NicheTemplate],
    profile: BusinessProfile,
    regime: VatRegime,
) -> int:
    asked = list(Niche.objects.filter(owner=user.pk).values_list("marketplace", "filters"))
    made = 0
    for template in templates:
        filters = template.filters
        if (filters.marketplace, filters.canonical()) in asked:
            continue
        used = template.profile == USED_GOODS
        meant = fitting_profile(user=user, used=True, regime=regime) if used else profile
        create_niche(owner=user, name=_(template.name), filters=filters, profile_slug=meant.slug)
        made += 1
    return made
