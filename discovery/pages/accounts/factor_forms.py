"""An authenticator app that is being set up: its secret waits, sealed, in the session."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from typing import Any

from allauth.mfa.adapter import get_adapter
from cryptography.fernet import InvalidToken
from django import forms
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from discovery.accounts import second_factor

SECRET = "app-secret"  # noqa: S105 # nosec B105 # a name in the session


@dataclass(frozen=True, slots=True)
class NewApp:
    """``secret`` is what one types where no camera is; ``address`` and ``picture`` hold it too."""

    secret: str
    address: str
    picture: str

    @property
    def spaced(self) -> str:
        """The secret in groups of four."""
        return " ".join(self.secret[at : at + 4] for at in range(0, len(self.secret), 4))


def app_being_set_up(request: HttpRequest, user: User) -> NewApp:
    """The app this browser sets up; its secret stays until it is, or the session ends."""
    try:
        secret = get_adapter().decrypt(request.session[SECRET])
    except (KeyError, InvalidToken):
        secret = second_factor.new_secret()
        request.session[SECRET] = get_adapter().encrypt(secret)
    address = second_factor.app_address(user, secret)
    svg = base64.b64encode(second_factor.app_picture(address).encode()).decode()
    return NewApp(secret, address, f"data:image/svg+xml;base64,{svg}")


def forget_app(request: HttpRequest) -> None:
    """It is set up: the next one gets a secret of its own."""
    request.session.pop(SECRET, None)


class CodeInput(forms.TextInput):
    """Where a code is typed; a refused one is not written there again, it never becomes right."""

    def __init__(self, **attrs: Any) -> None:
        super().__init__({"autocomplete": "one-time-code", "inputmode": "numeric", **attrs})

    def get_context(self, name: str, value: Any, attrs: Any) -> dict[str, Any]:
        """An empty field, whatever was sent."""
        context: dict[str, Any] = super().get_context(name, None, attrs)
        return context


class NewAppForm(forms.Form):
    """The first code of the app; a valid one sets it up."""

    code = forms.CharField(
        label=gettext_lazy("Code shown by the app"),
        max_length=20,
        widget=CodeInput,
    )

    def __init__(self, app: NewApp, user: User, data: Any = None) -> None:
        super().__init__(data)
        self.app = app
        self.user = user

    def clean_code(self) -> str:
        """Set the app up, or refuse."""
        code = str(self.cleaned_data["code"])
        try:
            second_factor.add_app(user=self.user, secret=self.app.secret, code=code)
        except second_factor.WrongCode:
            raise ValidationError(
                _("This is not the code the app shows now. Is the telephone's clock right?")
            ) from None
        return code
