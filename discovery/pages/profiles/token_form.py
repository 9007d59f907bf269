"""The form of a new API token: what it is for, what it opens, and how long it lasts."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import Any

from django import forms
from django.contrib.auth.models import User
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from discovery.accounts.roles import Role, role_of
from discovery.models import Scope

LONGEST_NAME = 80  # characters, as the table has it
LONGEST_LIFE = timedelta(days=3650)
A_DATE = "date"
LIVES = (
    ("", gettext_lazy("never")),
    ("30", pgettext_lazy("end of a token", "in 30 days")),
    ("90", pgettext_lazy("end of a token", "in 90 days")),
    ("365", pgettext_lazy("end of a token", "in a year")),
    (A_DATE, gettext_lazy("at the end of a day")),
)


class TokenForm(forms.Form):
    """A name, scopes, and an end; ``cleaned_data["expires_at"]`` is a moment or ``None``.

    The scope of administration is offered to administrators alone.
    """

    name = forms.CharField(
        label=gettext_lazy("What the new token is for"),
        max_length=LONGEST_NAME,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    scopes = forms.TypedMultipleChoiceField(
        label=gettext_lazy("What it opens"),
        coerce=Scope,
        choices=Scope.choices,
        initial=[Scope.READ.value, Scope.SEARCH.value],
        widget=forms.CheckboxSelectMultiple,
    )
    lasts = forms.ChoiceField(label=gettext_lazy("Expires"), required=False, choices=LIVES)
    until = forms.DateField(
        label=gettext_lazy("Day"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        input_formats=["%Y-%m-%d"],
        help_text=gettext_lazy("For “at the end of a day”."),
    )

    def __init__(self, user: User, data: Any = None) -> None:
        super().__init__(data, auto_id="token-%s")
        is_administrator = role_of(user) is Role.ADMINISTRATOR
        self.fields["scopes"].choices = [  # type: ignore[attr-defined]
            (scope.value, scope.label)
            for scope in Scope
            if scope is not Scope.ADMIN or is_administrator
        ]

    def clean(self) -> dict[str, Any]:
        """Make a moment of the two fields that tell the end."""
        data = self.cleaned_data
        data["expires_at"] = None
        lasts, now = data.get("lasts"), timezone.now()
        if lasts == A_DATE:
            data["expires_at"] = self._end_of_day(now)
        elif lasts:
            data["expires_at"] = now + timedelta(days=int(lasts))
        return data

    def _end_of_day(self, now: datetime) -> datetime | None:
        day = self.cleaned_data.get("until")
        if "until" in self.errors:
            return None
        today = timezone.localdate(now)
        if day is None or not today <= day <= today + LONGEST_LIFE:
            self.add_error("until", _("Choose a day from today on, within ten years."))
            return None
        return timezone.make_aware(datetime.combine(day + timedelta(days=1), time.min))
