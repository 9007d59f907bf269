"""One business profile: its settings, what changing them would do, and every earlier state."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from http import HTTPStatus

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from discovery.accounts.members import signed_in
from discovery.models import BusinessProfile, BusinessProfileRevision
from discovery.pages.choices import default_marketplace
from discovery.pages.profiles.forms import NewOverrideForm, ProfileForm, may_override, with_override
from discovery.profiles import service
from discovery.profiles.text import named_problem
from discovery.runs.profile_preview import Preview, preview_profile
from discovery.scoring import InvalidSetting, Profile, ShownVerdict

REVISIONS_SHOWN = 20


@dataclass(frozen=True, slots=True)
class ProfilePage:
    """Each revision comes with what it changed, ``None`` for the first; ``differences`` is what the
    form would change, ``counts`` how often each verdict is given before and after it.
    """

    profile: BusinessProfile
    form: ProfileForm
    new_override: NewOverrideForm
    may_change: bool
    is_own: bool
    revisions: Sequence[tuple[BusinessProfileRevision, tuple[service.Difference, ...] | None]]
    preview: Preview | None = None
    counts: tuple[tuple[ShownVerdict, int, int], ...] = ()
    differences: tuple[service.Difference, ...] = ()


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def profile(request: HttpRequest, slug: str) -> HttpResponse:
    """The profile's form; sent back with ``action=preview|save|override``."""
    if request.method != "POST":
        found = _named(request, slug)
        return _page(request, found, ProfileForm(profile=found))
    found = _changeable(request, slug)
    if request.POST.get("action") == "override":
        return _add_override(request, found)
    form = ProfileForm(request.POST, profile=found)
    if not form.is_valid():
        return _page(request, found, form, status=HTTPStatus.UNPROCESSABLE_ENTITY)
    if request.POST.get("action") == "save":
        return _save(request, found, form)
    preview = preview_profile(
        user=signed_in(request),
        saved=Profile.from_settings(found.settings),
        wanted=Profile.from_settings(form.cleaned_data["settings"]),
        now=timezone.now(),
    )
    return _page(request, found, form, preview=preview)


@require_POST
def restore(request: HttpRequest, slug: str, number: int) -> HttpResponse:
    """Make an earlier revision's settings the current ones again."""
    found = _changeable(request, slug)
    try:
        saved = service.restore_revision(profile=found, number=number, saved_by=signed_in(request))
    except BusinessProfileRevision.DoesNotExist:
        raise Http404 from None
    except InvalidSetting as error:
        # Saved under bounds that have been narrowed since.
        messages.error(request, named_problem(error))
    else:
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
    own = service.copy_profile(profile=found, name=name, owner=signed_in(request))
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
    if new.is_valid():
        setting = new.cleaned_data["setting"]
        if may_override(request.POST, scope=new.scope, setting=setting):
            data = with_override(request.POST, scope=new.scope, setting=setting)
            messages.info(request, _("Set its value below, then save: nothing is saved yet."))
            return _page(request, found, ProfileForm(data, profile=found))
        messages.error(request, _("This exception is there already, or there are too many."))
    form, status = ProfileForm(request.POST, profile=found), HTTPStatus.UNPROCESSABLE_ENTITY
    return _page(request, found, form, new_override=new, status=status)


def _save(request: HttpRequest, found: BusinessProfile, form: ProfileForm) -> HttpResponse:
    data = form.cleaned_data
    try:
        saved = service.save_profile(
            profile=found,
            settings=form.cleaned_data["settings"],
            saved_by=signed_in(request),
            expected_revision=data["revision"],
        )
    except service.ProfileChangedMeanwhile as error:
        messages.error(request, str(error))
        found.refresh_from_db()
        # What was typed stays; saving again is then a decision.
        again = request.POST.copy()
        again["revision"] = str(found.revision)
        return _page(request, found, ProfileForm(again, profile=found), status=HTTPStatus.CONFLICT)
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


def _page(
    request: HttpRequest,
    found: BusinessProfile,
    form: ProfileForm,
    *,
    new_override: NewOverrideForm | None = None,
    preview: Preview | None = None,
    status: int = HTTPStatus.OK,
) -> HttpResponse:
    user = signed_in(request)
    page = ProfilePage(
        profile=found,
        form=form,
        new_override=new_override
        or NewOverrideForm(initial={"marketplace": default_marketplace(signed_in(request))}),
        may_change=service.may_change(profile=found, user=user),
        is_own=found.owner_id == user.pk,
        revisions=service.revisions_of(profile=found, limit=REVISIONS_SHOWN),
    )
    if preview:
        page = replace(
            page,
            preview=preview,
            counts=tuple(
                (verdict, count, preview.after[verdict])
                for verdict, count in preview.before.items()
            ),
            differences=service.differences(found.settings, form.cleaned_data["settings"]),
        )
    return render(request, "discovery/profiles/profile.html", {"page": page}, status=status)


def _named(request: HttpRequest, slug: str) -> BusinessProfile:
    try:
        return service.profile_named(slug=slug, user=signed_in(request))
    except service.UnknownProfile:
        raise Http404 from None


def _changeable(request: HttpRequest, slug: str) -> BusinessProfile:
    found = _named(request, slug)
    if not service.may_change(profile=found, user=signed_in(request)):
        raise PermissionDenied
    return found
