"""The profile that fits who somebody is: a shared one, or a copy with their VAT regime."""

from __future__ import annotations

from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction
from django.utils.translation import gettext as _

from discovery.models import BusinessProfile
from discovery.profiles.service import (
    UnknownProfile,
    activate,
    copy_profile,
    profile_named,
    save_profile,
)
from discovery.scoring import Profile, VatRegime
from discovery.vat_basis import VatBasis

NEW_GOODS, USED_GOODS = "equilibre", "occasion"


@transaction.atomic
def fitting_profile(*, user: AbstractBaseUser, used: bool, regime: VatRegime) -> BusinessProfile:
    """The profile of somebody who sells new or used goods under this VAT regime.

    The shared one where its regime is the same, else a copy that is theirs; asked again, the same
    copy. The margin scheme is for used goods: new ones fall under the ordinary regime beside it.
    Who recovers VAT states costs without it.
    """
    if regime is VatRegime.MARGIN and not used:
        regime = VatRegime.REEL
    shared = _shared(USED_GOODS if used else NEW_GOODS)
    if activate(shared).settings.regime is regime:
        return shared
    changes = {"regime": regime.value}
    changes["cost_vat"] = (
        VatBasis.EXCLUDED if regime is VatRegime.REEL else VatBasis.INCLUDED
    ).value
    wanted = Profile.from_settings({**shared.settings, **changes}).to_settings()
    own = BusinessProfile.objects.filter(owner=user.pk, settings=wanted).first()
    if own is not None:
        return own
    copy = copy_profile(profile=shared, name=_name(shared, regime), owner=user)
    return save_profile(profile=copy, settings=wanted, saved_by=user)


def _shared(slug: str) -> BusinessProfile:
    """The shipped profile, or the default one where an administrator has deleted it."""
    try:
        return profile_named(slug=slug, user=None)
    except UnknownProfile:
        return profile_named(slug=None, user=None)


def _name(shared: BusinessProfile, regime: VatRegime) -> str:
    names = {
        VatRegime.FRANCHISE: _("VAT exemption"),
        VatRegime.REEL: _("ordinary VAT"),
        VatRegime.MARGIN: _("VAT on the margin"),
    }
    name = f"{shared.name}, {names[regime]}"
    return name[: BusinessProfile._meta.get_field("name").max_length]
