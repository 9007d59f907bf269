"""Business profiles in the admin: their settings as JSON, checked by the engine, versioned."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin, TabularInline
from unfold.decorators import action

from discovery.accounts.members import signed_in
from discovery.admin.inspect import pretty
from discovery.models import BusinessProfile, BusinessProfileRevision
from discovery.profiles.service import make_default, save_profile
from discovery.scoring import InvalidSetting, Profile

MESSAGES = {
    "unknown": _("%(name)s: there is no such setting."),
    "required": _("%(name)s: a value is needed."),
    "not_a_number": _("%(name)s: this is not a number."),
    "not_an_integer": _("%(name)s: this is not a whole number."),
    "not_a_boolean": _("%(name)s: expected true or false."),
    "not_a_choice": _("%(name)s: expected one of %(choices)s."),
    "too_small": _("%(name)s: at least %(min)s."),
    "too_large": _("%(name)s: at most %(max)s."),
    "below": _("%(name)s: must not be below %(other)s."),
    "bad_scope": _("%(name)s: “%(scope)s” is not a marketplace or a category of one."),
}


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
            raise ValidationError(
                MESSAGES[error.code], code=error.code, params={"name": error.name, **error.params}
            ) from error


class RevisionInline(TabularInline):
    model = BusinessProfileRevision
    fields = ("number", "saved_at", "saved_by", "was")
    readonly_fields = fields
    can_delete = False
    per_page = 10
    was = pretty("settings", _("settings"))

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


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
