"""The forms of alerts: when one may be told, and the address of a channel."""

from __future__ import annotations

from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from discovery.sourcing.alerts.choices import hours_problem
from discovery.sourcing.alerts.sender.services import LONGEST

MOST_A_DAY = 200


class ClockField(forms.TimeField):
    """A time of day, or none."""

    widget = forms.TimeInput(attrs={"type": "time"}, format="%H:%M")

    def __init__(self, **said: Any) -> None:
        super().__init__(required=False, input_formats=("%H:%M", "%H:%M:%S"), **said)


class AlertSettingsForm(forms.Form):
    """When a user may be told, over mail or not; ``cleaned_data`` has the columns' own names."""

    by_email = forms.BooleanField(label=gettext_lazy("Alerts by e-mail"), required=False)
    daily_cap = forms.IntegerField(
        label=gettext_lazy("Alerts a day at most"),
        min_value=0,
        max_value=MOST_A_DAY,
        help_text=gettext_lazy("Without exception; the rest is in the digest and on this site."),
    )
    quiet_from = ClockField(label=gettext_lazy("Quiet from"))
    quiet_until = ClockField(
        label=gettext_lazy("Quiet until"),
        help_text=gettext_lazy("What is found meanwhile is told at the end."),
    )
    digest_at = ClockField(
        label=gettext_lazy("Digest at"),
        help_text=gettext_lazy(
            "Left empty, the first message of the next day says how many were kept back."
        ),
    )
    time_zone = forms.CharField(
        label=gettext_lazy("Time zone"),
        required=False,
        max_length=40,
        help_text=gettext_lazy("Such as Europe/Paris; left empty, the site's."),
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )

    def clean_time_zone(self) -> str:
        """Refuse a zone this machine does not know."""
        name = str(self.cleaned_data["time_zone"]).strip()
        try:
            return ZoneInfo(name).key if name else ""
        except (ValueError, LookupError, OSError):
            raise ValidationError(_("There is no such time zone: write Europe/Paris.")) from None

    def clean(self) -> dict[str, Any]:
        """Quiet hours have both ends; a digest within them would never come at its hour."""
        data = self.cleaned_data
        hours = {name: data.get(name) for name in ("quiet_from", "quiet_until", "digest_at")}
        if not self.errors and (problem := hours_problem(**hours)):
            self.add_error(*problem)
        return data


class ChannelForm(forms.Form):
    """A channel's name and address; the address is never shown again."""

    name = forms.CharField(label=gettext_lazy("Name of the channel"), max_length=60)
    address = forms.CharField(
        label=gettext_lazy("Address of the channel"),
        max_length=LONGEST,
        help_text=gettext_lazy("Encrypted when it is stored, and never shown again."),
        widget=forms.PasswordInput(
            attrs={"autocomplete": "new-password", "autocapitalize": "none"}
        ),
    )
