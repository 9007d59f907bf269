"""Business profiles in the admin: their settings as JSON, checked by the engine, versioned."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin
from unfold.decorators import action

from discovery.accounts.members import signed_in
from discovery.admin.inspect import InspectInline, pretty
from discovery.models import BusinessProfile, BusinessProfileRevision
from discovery.profiles.service import make_default, save_profile
from discovery.profiles.text import PROBLEMS
from discovery.scoring import InvalidSetting, Profile


class ProfileForm(forms.ModelForm):  # type: ignore[type-arg]
    """A profile whose settings are JSON, as the engine reads them."""

    class Meta:
        model = BusinessProfile
        fields = ("name", "slug", "description", "owner", "settings")

    def clean_settings(self) -> dict[str, Any]:
        """Raise ``ValidationError`` naming the setting that cannot be used."""
        written = self.cleaned_data["settings"]
        if written is None:
            written = {}
        if not isinstance(written, dict):
            raise ValidationError(_("Expected an object: setting names and their values."))
        try:
            return Profile.from_settings(written).to_settings()
        except InvalidSetting as error:
            # Settings by the names the JSON gives them, not by their labels.
            problem = f"{error.name}: {_(PROBLEMS[error.code]) % error.params}"
            if choices := error.params.get("choices"):
                problem = f"{problem} ({choices})"
            raise ValidationError(problem, code=error.code) from error


class RevisionInline(InspectInline):
    model = BusinessProfileRevision
    fields = ("number", "saved_at", "saved_by", "was")
    readonly_fields = fields
    per_page = 10
    was = pretty("settings", _("settings"))


@admin.register(BusinessProfile)
class BusinessProfileAdmin(ModelAdmin):
    form = ProfileForm
    list_display = ("name", "slug", "owner", "revision", "is_default", "updated_at")
    list_filter = ("is_default", "owner")
    list_select_related = ("owner",)
    search_fields = ("name", "slug")
    readonly_fields = ("revision", "is_default", "created_at", "updated_at")
    fields = (
        ("name", "slug"),
        "description",
        "owner",
        "settings",
        ("revision", "is_default"),
        ("created_at", "updated_at"),
    )
    inlines = (RevisionInline,)
    actions = ("make_default",)

    def save_model(
        self, request: HttpRequest, obj: BusinessProfile, form: Any, change: bool
    ) -> None:
        """What is asked of the engine goes through the service, which keeps every revision."""
        wanted = obj.settings
        if change:
            obj.save(update_fields=["name", "slug", "description", "owner", "updated_at"])
        else:
            obj.settings = {}
            obj.save()
        saved = save_profile(profile=obj, settings=wanted, saved_by=signed_in(request))
        obj.settings, obj.revision = saved.settings, saved.revision

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """The default profile is what every search falls back on."""
        is_default = isinstance(obj, BusinessProfile) and obj.is_default
        return not is_default and super().has_delete_permission(request, obj)

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        """Without the bulk deletion, which would not ask the above."""
        found: dict[str, Any] = super().get_actions(request)
        found.pop("delete_selected", None)
        return found

    @action(description=_("Make it the default profile"), permissions=["change"])
    def make_default(self, request: HttpRequest, queryset: QuerySet[BusinessProfile]) -> None:
        chosen = list(queryset.filter(owner__isnull=True)[:2])
        if len(chosen) != 1:
            self.message_user(request, _("Choose one profile, of no owner."), messages.ERROR)
            return
        make_default(profile=chosen[0])
        self.message_user(request, _("It is the default profile now."), messages.SUCCESS)
