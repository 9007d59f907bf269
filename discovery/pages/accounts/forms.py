"""The forms of the people's pages: an invitation, a role, one's own password."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib.auth.forms import PasswordChangeForm
from django.contrib.auth.models import User
from django.contrib.auth.validators import UnicodeUsernameValidator
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from discovery.accounts.members import LONGEST_NAME
from discovery.accounts.roles import Role
from discovery.accounts.throttle import try_old_password


class RoleForm(forms.Form):
    """A role; ``cleaned_data["role"]`` is a ``Role``."""

    role = forms.TypedChoiceField(
        label=gettext_lazy("Role"), choices=Role.choices, coerce=Role, initial=Role.MEMBER.value
    )


class InvitationForm(RoleForm):
    """An e-mail address or a user name, or both; the address is the name when there is none."""

    email = forms.EmailField(
        label=gettext_lazy("E-mail address"),
        required=False,
        max_length=LONGEST_NAME,
        widget=forms.EmailInput(attrs={"autocomplete": "off"}),
    )
    name = forms.CharField(
        label=gettext_lazy("User name"),
        required=False,
        max_length=LONGEST_NAME,
        validators=[UnicodeUsernameValidator()],
        help_text=gettext_lazy("Left empty, it is the e-mail address."),
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "none"}),
    )
    field_order = ("email", "name", "role")

    def __init__(self, data: Any = None, *, needs_address: bool = False) -> None:
        """``needs_address``: nobody has a password, so only the address tells who comes in."""
        super().__init__(data)
        self.fields["email"].required = needs_address

    def clean_email(self) -> str:
        """Refuse an address somebody has."""
        email = str(self.cleaned_data["email"])
        if email and User.objects.filter(email__iexact=email).exists():
            raise ValidationError(_("Somebody already has this address."))
        return email

    def clean(self) -> dict[str, Any]:
        """Take the address for the name when there is none; neither may be taken already."""
        data = self.cleaned_data
        data["name"] = data.get("name") or data.get("email", "")
        if not self.errors:
            if not data["name"]:
                self.add_error("email", _("Give an e-mail address or a user name."))
            elif User.objects.filter(username__iexact=data["name"]).exists():
                self.name_is_taken()
        return data

    def name_is_taken(self) -> None:
        """Say so beside the field."""
        self.add_error("name", _("Somebody already has this name."))


class OwnPasswordForm(PasswordChangeForm):
    """The present password and a new one; guesses at the present one are counted."""

    def __init__(self, request: HttpRequest, user: User, data: Any = None) -> None:
        super().__init__(user, data)
        self.request = request

    def clean_old_password(self) -> str:
        """Refuse a wrong one, and any once too many were wrong."""
        attempt = try_old_password(self.request, user=self.user, now=timezone.now())
        password: str = super().clean_old_password()
        attempt.take_back()
        return password
