"""Django's own users and groups, in the admin's theme and the reader's language."""

from __future__ import annotations

from typing import Any

from allauth.account.admin import EmailAddress
from allauth.mfa.admin import Authenticator
from allauth.socialaccount.admin import SocialAccount, SocialApp, SocialToken
from django import forms
from django.conf import settings
from django.contrib import admin
from django.contrib.auth import REDIRECT_FIELD_NAME
from django.contrib.auth.admin import GroupAdmin as DjangoGroupAdmin
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.models import Group, Permission, User
from django.contrib.contenttypes.models import ContentType
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop
from unfold.admin import ModelAdmin
from unfold.forms import AdminPasswordChangeForm, UserChangeForm, UserCreationForm

from discovery.accounts import second_factor

admin.site.unregister(User)
admin.site.unregister(Group)
# Secrets of second factors and links to identities are no tables to look into.
for _model in (EmailAddress, SocialAccount, SocialApp, SocialToken, Authenticator):
    if admin.site.is_registered(_model):
        admin.site.unregister(_model)

# What Django stores of a permission is an English sentence; this is what it permits.
ACTIONS = {
    "add": gettext_noop("%(things)s: add"),
    "change": gettext_noop("%(things)s: change"),
    "delete": gettext_noop("%(things)s: delete"),
    "view": gettext_noop("%(things)s: read"),
}


def permission_label(permission: Permission) -> str:
    """What a permission permits, in the reader's language."""
    model = permission.content_type.model_class()
    action = permission.codename.partition("_")[0]
    if model is None or action not in ACTIONS:
        return permission.name
    return _(ACTIONS[action]) % {"things": capfirst(str(model._meta.verbose_name_plural))}


class _WithPermissions:
    """The permissions that are offered are those of what has a page here."""

    def formfield_for_manytomany(self, *args: Any, **kwargs: Any) -> Any:
        field = super().formfield_for_manytomany(*args, **kwargs)  # type: ignore[misc]
        offered = field.queryset if isinstance(field, forms.ModelMultipleChoiceField) else None
        if offered is not None and offered.model is Permission:
            kinds = ContentType.objects.get_for_models(*admin.site._registry)
            field.queryset = offered.filter(content_type__in=kinds.values())
            field.label_from_instance = permission_label
        return field


@admin.register(User)
class UserAdmin(_WithPermissions, DjangoUserAdmin, ModelAdmin):  # type: ignore[type-arg]
    form = UserChangeForm
    add_form = UserCreationForm
    change_password_form = AdminPasswordChangeForm


@admin.register(Group)
class GroupAdmin(_WithPermissions, DjangoGroupAdmin, ModelAdmin):
    pass


@login_not_required
def admin_sign_in(request: HttpRequest) -> HttpResponse:
    """The administration's own page for name and password, or the site's where it asks for more."""
    if settings.LOCAL_LOGIN and not second_factor.is_on():
        return admin.site.login(request)
    then = QueryDict(mutable=True)
    then[REDIRECT_FIELD_NAME] = request.GET.get(REDIRECT_FIELD_NAME, reverse("admin:index"))
    return redirect(f"{reverse('login')}?{then.urlencode(safe='/')}")
