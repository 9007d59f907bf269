"""Business profiles over the API: read, copied, changed, previewed, brought back."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from ninja import Router
from ninja.responses import Status

from discovery.api.auth import caller_of
from discovery.api.created import created
from discovery.api.idempotency import idempotent
from discovery.api.paging import PAGE, Cursor, Limit, page_of
from discovery.api.profile_schemas import (
    COPY_BODY,
    PREVIEW_BODY,
    PROFILE_BODY,
    PROFILE_REFUSALS,
    PreviewAnswer,
    ProfileAnswer,
    ProfileDetail,
    ProfilesAnswer,
    RevisionsAnswer,
)
from discovery.api.reading import read_body
from discovery.api.scopes import needs
from discovery.keepa.categories.stored import category_names
from discovery.models import BusinessProfile, BusinessProfileRevision, Scope
from discovery.profiles import service
from discovery.profiles import text as profiles_text
from discovery.profiles.profile_request import read_copy, read_profile, read_settings
from discovery.profiles.setting_words import GROUPS, names_by_group
from discovery.runs.profile_preview import preview_profile
from discovery.scoring import Profile
from discovery.scoring.profile import SPECS
from discovery.scoring.settings import write
from discovery.scoring.shipped_profiles import SHIPPED

router = Router(tags=["profiles"])
DEFAULTS = SHIPPED["equilibre"]


@router.get(
    "", response={200: ProfilesAnswer} | PROFILE_REFUSALS, summary="The profiles of the caller"
)
def list_profiles(
    request: HttpRequest, cursor: Cursor = None, limit: Limit = PAGE
) -> dict[str, Any]:
    """A page of the profiles one may score with: those of the site, and one's own."""
    user = caller_of(request)
    page = page_of(service.open_profiles(user=user), order=("id",), cursor=cursor, limit=limit)
    return {"profiles": [_answer(request, one) for one in page.rows], "next": page.next}


@router.post(
    "",
    response={201: ProfileAnswer} | PROFILE_REFUSALS,
    openapi_extra={"requestBody": COPY_BODY},
    summary="Copy a profile",
)
@idempotent
def copy_profile(request: HttpRequest, response: HttpResponse) -> Status[dict[str, Any]]:
    """Make a profile of one's own out of another."""
    slug, name = read_copy(read_body(request))
    user = caller_of(request)
    source = service.profile_named(slug=slug, user=user)
    made = service.copy_profile(profile=source, name=name, owner=user)
    return created(response, _answer(request, made), read_by="get_profile", at=(made.slug,))


@router.get("/{slug}", response={200: ProfileDetail} | PROFILE_REFUSALS, summary="A profile")
def get_profile(request: HttpRequest, slug: str) -> dict[str, Any]:
    """A profile with every setting in words."""
    found = _named(request, slug)
    return _answer(request, found) | {"groups": _groups(Profile.from_settings(found.settings))}


@router.put(
    "/{slug}",
    response={200: ProfileAnswer} | PROFILE_REFUSALS,
    openapi_extra={"requestBody": PROFILE_BODY},
    summary="Change a profile",
)
def change_profile(request: HttpRequest, slug: str) -> dict[str, Any]:
    """Save all of a profile as its next revision; what is known is not bought again.

    Profiles of the site are changed by administrators, with a token of scope `admin`.
    """
    found = _changeable(request, slug)
    asked = read_profile(read_body(request))
    saved = service.save_profile(
        profile=found,
        settings=asked.settings,
        saved_by=caller_of(request),
        expected_revision=asked.revision,
    )
    # The shipped descriptions are stored in English and shown in each reader's language.
    is_untouched = asked.description == _shown(found.description)
    saved.name = asked.name
    saved.description = found.description if is_untouched else asked.description
    service.describe_profile(profile=saved, name=saved.name, description=saved.description)
    return _answer(request, saved)


@router.delete("/{slug}", response={204: None} | PROFILE_REFUSALS, summary="Delete a profile")
def delete_profile(request: HttpRequest, slug: str) -> Status[None]:
    """Delete a profile of one's own; niches and runs that used it take the default one."""
    service.delete_profile(profile=_changeable(request, slug))
    return Status(204, None)


@router.post(
    "/{slug}/default", response={200: ProfileAnswer} | PROFILE_REFUSALS, summary="Make it default"
)
@needs(Scope.ADMIN)
def make_default(request: HttpRequest, slug: str) -> dict[str, Any]:
    """Let the site use a shared profile where none is chosen; for administrators."""
    found = _changeable(request, slug)
    service.make_default(profile=found)
    found.is_default = True
    return _answer(request, found)


@router.post(
    "/{slug}/preview",
    response={200: PreviewAnswer} | PROFILE_REFUSALS,
    openapi_extra={"requestBody": PREVIEW_BODY},
    summary="What other settings would do",
)
def preview(request: HttpRequest, slug: str) -> dict[str, Any]:
    """How verdicts of the caller's newest results and favourites would change; nothing is saved."""
    found = _named(request, slug)
    wanted = read_settings(read_body(request))
    told = preview_profile(
        user=caller_of(request),
        saved=Profile.from_settings(found.settings),
        wanted=Profile.from_settings(wanted),
        now=timezone.now(),
    )
    return {
        "products": told.total,
        "before": {verdict.value: count for verdict, count in told.before.items()},
        "after": {verdict.value: count for verdict, count in told.after.items()},
        "better": told.better,
        "worse": told.worse,
        "changes": [
            {
                "asin": change.card.asin,
                "marketplace": change.card.marketplace,
                "title": change.card.title,
                "before": change.before.shown_verdict.value,
                "after": change.after.shown_verdict.value,
            }
            for change in told.changes
        ],
    }


@router.get(
    "/{slug}/revisions", response={200: RevisionsAnswer} | PROFILE_REFUSALS, summary="Its revisions"
)
def list_revisions(
    request: HttpRequest, slug: str, cursor: Cursor = None, limit: Limit = PAGE
) -> dict[str, Any]:
    """A page of what the profile was, the newest first, with what each revision changed."""
    history = _named(request, slug).history.select_related("saved_by")
    page = page_of(history, order=("-number",), cursor=cursor, limit=limit)
    rows = page.rows
    before = history.filter(number__lt=rows[-1].number).first() if rows else None
    changes = [service.changes_of(*pair) for pair in zip(rows, [*rows[1:], before], strict=True)]
    scopes = {one.scope for changed in changes for one in changed or ()}
    ids = [int(number) for _place, colon, number in (s.partition(":") for s in scopes) if colon]
    names = category_names(filters=[{"categories_include": ids}])
    return {
        "revisions": [
            {
                "number": revision.number,
                "saved_at": revision.saved_at,
                "saved_by": revision.saved_by.get_username() if revision.saved_by else None,
                "changes": None
                if changed is None
                else [
                    {
                        "setting": one.name,
                        "label": profiles_text.difference_label(one, names),
                        "scope": one.scope,
                        "old": profiles_text.difference_value(one, one.old),
                        "new": profiles_text.difference_value(one, one.new),
                    }
                    for one in changed
                ],
            }
            for revision, changed in zip(rows, changes, strict=True)
        ],
        "next": page.next,
    }


@router.post(
    "/{slug}/revisions/{number}/restore",
    response={200: ProfileAnswer} | PROFILE_REFUSALS,
    summary="Bring a revision back",
)
@idempotent
def restore_revision(request: HttpRequest, slug: str, number: int) -> dict[str, Any]:
    """Save an earlier revision's settings as the next one, so that this can be undone."""
    found = _changeable(request, slug)
    try:
        saved = service.restore_revision(profile=found, number=number, saved_by=caller_of(request))
    except BusinessProfileRevision.DoesNotExist:
        raise Http404 from None
    return _answer(request, saved)


def _named(request: HttpRequest, slug: str) -> BusinessProfile:
    try:
        return service.profile_named(slug=slug, user=caller_of(request))
    except service.UnknownProfile:
        raise Http404 from None


def _changeable(request: HttpRequest, slug: str) -> BusinessProfile:
    """Raises ``ProfileNotYours``, for a token without the scope of administrators too."""
    found, user = _named(request, slug), caller_of(request)
    if not _may_change(found, user):
        raise service.ProfileNotYours
    return found


def _may_change(profile: BusinessProfile, user: Any) -> bool:
    scopes = getattr(user, "token_scopes", None)  # None: a browser's session
    is_within = profile.owner_id is not None or scopes is None or Scope.ADMIN in scopes
    return is_within and service.may_change(profile=profile, user=user)


def _shown(description: str) -> str:
    return _(description) if description else ""


def _answer(request: HttpRequest, profile: BusinessProfile) -> dict[str, Any]:
    user = caller_of(request)
    same = ("slug", "name", "is_default", "revision", "updated_at")
    return {name: getattr(profile, name) for name in same} | {
        "description": _shown(profile.description),
        "is_own": profile.owner_id == user.pk,
        "may_change": _may_change(profile, user),
        "settings": Profile.from_settings(profile.settings).to_settings(),
    }


def _groups(profile: Profile) -> list[dict[str, Any]]:
    found = names_by_group()
    return [
        dict(zip(("title", "text"), profiles_text.setting_group(group), strict=True))
        | {"name": group, "settings": [_setting(name, profile) for name in found[group]]}
        for group in GROUPS
    ]


def _setting(name: str, profile: Profile) -> dict[str, Any]:
    spec, value = SPECS[name], getattr(profile, name)
    is_choice = spec.kind == "choice"
    choices = (*spec.choices, *((None,) if is_choice and spec.optional else ()))
    return {
        "name": name,
        "label": profiles_text.setting_label(name),
        "help": profiles_text.setting_help(name),
        "unit": profiles_text.setting_unit(name),
        "kind": spec.kind,
        "value": write(value),
        "text": profiles_text.setting_value(name, value),
        "default": write(getattr(DEFAULTS, name)),
        "low": None if spec.low is None else f"{spec.low:f}",
        "high": None if spec.high is None else f"{spec.high:f}",
        "choices": [
            {"value": write(one), "label": profiles_text.choice_label(name, one)} for one in choices
        ],
        "optional": spec.optional,
    }
