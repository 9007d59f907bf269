"""One business profile: its settings, what changing them would do, and every earlier state."""

from __future__ import annotations

from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, cast

from django.contrib import messages
from django.contrib.auth.models import AbstractBaseUser
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from discovery.keepa.categories import stored
from discovery.models import BusinessProfile, BusinessProfileRevision
from discovery.pages.profiles.forms import NewOverrideForm, ProfileForm, may_override, with_override
from discovery.profiles import service
from discovery.profiles import text as profiles_text
from discovery.runs.profile_preview import Preview, VerdictChange, preview_profile
from discovery.scoring import InvalidSetting, Profile, Verdict
from discovery.text import conditions, formats

REVISIONS_SHOWN = 20
CHANGES_SHOWN = 50


@dataclass(frozen=True, slots=True)
class DifferenceLine:
    label: str
    old: str
    new: str


@dataclass(frozen=True, slots=True)
class RevisionLine:
    """A saved state of the profile; ``lines`` is what it changed."""

    number: int
    when: str
    who: str
    lines: tuple[DifferenceLine, ...]
    is_first: bool
    is_current: bool


@dataclass(frozen=True, slots=True)
class PreviewPanel:
    total: int
    better: int
    worse: int
    counts: tuple[tuple[Verdict, int, int], ...]
    changes: tuple[VerdictChange, ...]
    hidden: int
    differences: tuple[DifferenceLine, ...]


@dataclass(frozen=True, slots=True)
class ProfilePage:
    profile: BusinessProfile
    form: ProfileForm
    new_override: NewOverrideForm
    may_change: bool
    is_own: bool
    revisions: tuple[RevisionLine, ...]
    preview: PreviewPanel | None = None


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def profile(request: HttpRequest, slug: str) -> HttpResponse:
    """The profile's form; sent back with ``action=preview|save|override``."""
    found = _named(request, slug)
    if request.method != "POST":
        return _page(request, found, _form(found))
    if not service.may_change(profile=found, user=_user(request)):
        raise PermissionDenied
    if request.POST.get("action") == "override":
        return _add_override(request, found)
    form = _form(found, request.POST)
    if not form.is_valid():
        return _page(request, found, form, status=HTTPStatus.UNPROCESSABLE_ENTITY)
    if request.POST.get("action") != "save":
        return _page(request, found, form, preview=_preview(request, found, form))
    return _save(request, found, form)


@require_POST
def restore(request: HttpRequest, slug: str, number: int) -> HttpResponse:
    """Make an earlier revision's settings the current ones again."""
    found = _changeable(request, slug)
    try:
        saved = service.restore_revision(profile=found, number=number, saved_by=_user(request))
    except BusinessProfileRevision.DoesNotExist:
        raise Http404 from None
    except InvalidSetting as error:
        # Saved under bounds that have been narrowed since.
        label, problem = (
            profiles_text.setting_label(error.name),
            profiles_text.setting_problem(error),
        )
        messages.error(request, f"{label}: {problem}")
        return redirect("discovery:profile", slug=slug)
    text = _("The settings of revision %(old)d are back, as revision %(new)d.")
    messages.success(request, text % {"old": number, "new": saved.revision})
    return redirect("discovery:profile", slug=slug)


@require_POST
def copy(request: HttpRequest, slug: str) -> HttpResponse:
    """Make a profile of one's own out of this one: ``name``."""
    found = _named(request, slug)
    name = request.POST.get("name", "").replace("\x00", "").strip()[:80]
    if not name:
        name = _("%(name)s, my version") % {"name": found.name}
    own = service.copy_profile(profile=found, name=name, owner=_user(request))
    messages.success(request, _("“%(name)s” is yours: change what you like.") % {"name": own.name})
    return redirect("discovery:profile", slug=own.slug)


@require_POST
def delete(request: HttpRequest, slug: str) -> HttpResponse:
    """Delete a profile of one's own."""
    found = _changeable(request, slug)
    try:
        service.delete_profile(profile=found)
    except service.ProfileInUse as error:
        messages.error(request, str(error))
        return redirect("discovery:profile", slug=slug)
    messages.success(request, _("The profile “%(name)s” is deleted.") % {"name": found.name})
    return redirect("discovery:configuration")


@require_POST
def make_default(request: HttpRequest, slug: str) -> HttpResponse:
    """Use a shared profile where none is chosen."""
    found = _changeable(request, slug)
    try:
        service.make_default(profile=found)
    except service.ProfileInUse as error:
        raise PermissionDenied from error
    messages.success(request, _("“%(name)s” is the default profile now.") % {"name": found.name})
    return redirect("discovery:configuration")


def _add_override(request: HttpRequest, found: BusinessProfile) -> HttpResponse:
    new = NewOverrideForm(request.POST)
    if not new.is_valid():
        form = _form(found, request.POST)
        status = HTTPStatus.UNPROCESSABLE_ENTITY
        return _page(request, found, form, new_override=new, status=status)
    setting = new.cleaned_data["setting"]
    if not may_override(request.POST, scope=new.scope, setting=setting):
        messages.error(request, _("This exception is there already, or there are too many."))
        status = HTTPStatus.UNPROCESSABLE_ENTITY
        return _page(request, found, _form(found, request.POST), new_override=new, status=status)
    data = with_override(request.POST, scope=new.scope, setting=setting)
    messages.info(request, _("Set its value below, then save: nothing is saved yet."))
    return _page(request, found, _form(found, data))


def _save(request: HttpRequest, found: BusinessProfile, form: ProfileForm) -> HttpResponse:
    data = form.cleaned_data
    try:
        saved = service.save_profile(
            profile=found,
            settings=form.settings(),
            saved_by=_user(request),
            expected_revision=data["revision"],
        )
    except service.ProfileChangedMeanwhile as error:
        messages.error(request, str(error))
        found.refresh_from_db()
        # What was typed stays; saving again is then a decision.
        again = request.POST.copy()
        again["revision"] = str(found.revision)
        return _page(request, found, _form(found, again), status=HTTPStatus.CONFLICT)
    untouched = data["description"] == form.initial["description"]
    service.describe_profile(
        profile=found,
        name=data["name"],
        # The shipped descriptions are stored in English and shown in each reader's language.
        description=found.description if untouched else data["description"],
    )
    text = _(
        "Saved as revision %(number)d. Your next search uses it; what is known is not bought again."
    )
    messages.success(request, text % {"number": saved.revision})
    return redirect("discovery:profile", slug=found.slug)


def _preview(request: HttpRequest, found: BusinessProfile, form: ProfileForm) -> PreviewPanel:
    saved = Profile.from_settings(found.settings)
    wanted = Profile.from_settings(form.settings())
    result = preview_profile(user=_user(request), saved=saved, wanted=wanted, now=timezone.now())
    shown = result.changes[:CHANGES_SHOWN]
    return PreviewPanel(
        total=result.total,
        better=result.better,
        worse=result.worse,
        counts=_counts(result),
        changes=shown,
        hidden=len(result.changes) - len(shown),
        differences=_differences(found.settings, form.settings(), form.names),
    )


def _counts(result: Preview) -> tuple[tuple[Verdict, int, int], ...]:
    return tuple(
        (verdict, count, result.after[verdict]) for verdict, count in result.before.items()
    )


def _page(
    request: HttpRequest,
    found: BusinessProfile,
    form: ProfileForm,
    *,
    new_override: NewOverrideForm | None = None,
    preview: PreviewPanel | None = None,
    status: int = HTTPStatus.OK,
) -> HttpResponse:
    user = _user(request)
    page = ProfilePage(
        profile=found,
        form=form,
        new_override=new_override or NewOverrideForm(),
        may_change=service.may_change(profile=found, user=user),
        is_own=found.owner_id == user.pk,
        revisions=_revisions(found, form.names),
        preview=preview,
    )
    return render(request, "discovery/profiles/profile.html", {"page": page}, status=status)


def _revisions(found: BusinessProfile, names: conditions.CategoryNames) -> tuple[RevisionLine, ...]:
    kept = service.revisions_of(profile=found, limit=REVISIONS_SHOWN + 1)
    lines = []
    for revision, before in zip(kept, [*kept[1:], None], strict=True):
        lines.append(
            RevisionLine(
                number=revision.number,
                when=formats.when(revision.saved_at),
                who=revision.saved_by.get_username() if revision.saved_by else "ArbitrageVault",
                lines=_changes(before, revision, names) if before else (),
                is_first=before is None,
                is_current=revision.number == found.revision,
            )
        )
    return tuple(lines[:REVISIONS_SHOWN])


def _changes(
    before: BusinessProfileRevision,
    revision: BusinessProfileRevision,
    names: conditions.CategoryNames,
) -> tuple[DifferenceLine, ...]:
    try:
        return _differences(before.settings, revision.settings, names)
    except InvalidSetting:  # a revision from before the bounds were narrowed
        return ()


def _differences(
    old: dict[str, Any], new: dict[str, Any], names: conditions.CategoryNames
) -> tuple[DifferenceLine, ...]:
    return tuple(
        DifferenceLine(
            label=_where(one, names),
            old=_said(one.name, one.old),
            new=_said(one.name, one.new),
        )
        for one in service.differences(old, new)
    )


def _where(one: service.Difference, names: conditions.CategoryNames) -> str:
    label = profiles_text.setting_label(one.name)
    if not one.scope:
        return label
    return _("%(setting)s (%(place)s)") % {
        "setting": label,
        "place": profiles_text.scope_label(one.scope, names),
    }


def _said(name: str, value: Any) -> str:
    return (
        _("as elsewhere") if value is service.ABSENT else profiles_text.setting_value(name, value)
    )


def _form(found: BusinessProfile, data: Any = None) -> ProfileForm:
    return ProfileForm(
        data,
        profile=Profile.from_settings(found.settings),
        name=found.name,
        description=_(found.description) if found.description else "",
        revision=found.revision,
        names=_names(found.settings, data),
    )


def _names(settings: dict[str, Any], data: Any) -> conditions.CategoryNames:
    scopes = set(settings.get("overrides") or {})
    if data is not None:
        scopes |= {value for key, value in data.items() if key.startswith("scope")}
    ids = [
        {"categories_include": [int(category)]}
        for scope in scopes
        for category in [scope.partition(":")[2]]
        if category.isdecimal() and len(category) < 16
    ]
    return stored.category_names(filters=ids)


def _named(request: HttpRequest, slug: str) -> BusinessProfile:
    try:
        return service.profile_named(slug=slug, user=_user(request))
    except service.UnknownProfile:
        raise Http404 from None


def _changeable(request: HttpRequest, slug: str) -> BusinessProfile:
    found = _named(request, slug)
    if not service.may_change(profile=found, user=_user(request)):
        raise PermissionDenied
    return found


def _user(request: HttpRequest) -> AbstractBaseUser:
    return cast(AbstractBaseUser, request.user)  # the middleware lets nobody else in
