"""Bienvenue: three questions of the first day, to be answered, skipped, or answered again."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.models import AbstractBaseUser
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from discovery.accounts.members import signed_in
from discovery.accounts.preferences import preferences_of
from discovery.niches.first_day import Goods, introduce, skip_introduction
from discovery.pages.choices import default_marketplace, marketplace_choices
from discovery.scoring import VatRegime

REGIMES = (
    (VatRegime.FRANCHISE.value, gettext_lazy("VAT exemption (franchise en base)")),
    (VatRegime.REEL.value, gettext_lazy("Ordinary VAT (réel): I charge it and recover it")),
    (VatRegime.MARGIN.value, gettext_lazy("VAT on the margin, for used goods")),
)
GOODS = (
    (Goods.NEW.value, gettext_lazy("New goods of all kinds")),
    (Goods.TOYS.value, gettext_lazy("Toys and board games")),
    (Goods.VIDEO_GAMES.value, gettext_lazy("Video games")),
    (Goods.NEW_BOOKS.value, gettext_lazy("New books")),
    (Goods.USED_BOOKS.value, gettext_lazy("Used books")),
)


class WelcomeForm(forms.Form):
    """The three questions."""

    regime = forms.TypedChoiceField(
        label=gettext_lazy("What is your VAT regime?"),
        choices=REGIMES,
        coerce=VatRegime,
        widget=forms.RadioSelect,
        help_text=gettext_lazy(
            "Under the ordinary regime your costs are typed without VAT, as on your invoices."
        ),
    )
    marketplace = forms.ChoiceField(
        label=gettext_lazy("Where do you sell?"), choices=marketplace_choices
    )
    goods = forms.TypedMultipleChoiceField(
        label=gettext_lazy("What do you sell?"),
        choices=GOODS,
        coerce=Goods,
        widget=forms.CheckboxSelectMultiple,
        help_text=gettext_lazy("Several answers are welcome: each brings its example niches."),
    )

    def __init__(self, data: Any = None, *, user: AbstractBaseUser) -> None:
        """Starts with what the user chose before."""
        known = preferences_of(user=user)
        regime = known.profile.settings.get("regime") if known.profile else None
        super().__init__(
            data,
            initial={
                "regime": regime or VatRegime.FRANCHISE.value,
                "marketplace": default_marketplace(user),
            },
        )


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def welcome(request: HttpRequest) -> HttpResponse:
    """Ask, and choose as answered; ``action=skip`` leaves everything as it is."""
    user, now = signed_in(request), timezone.now()
    if request.method != "POST":
        return _page(request, WelcomeForm(user=user))
    if request.POST.get("action") == "skip":
        skip_introduction(user=user, now=now)
        return redirect("dashboard")
    form = WelcomeForm(request.POST, user=user)
    if not form.is_valid():
        return _page(request, form, status=HTTPStatus.UNPROCESSABLE_ENTITY)
    start = introduce(user=user, now=now, **form.cleaned_data)
    niches = ngettext(
        "%(count)d example niche was made.", "%(count)d example niches were made.", start.niches
    ) % {"count": start.niches}
    chosen = _("Your profile is “%(name)s”.") % {"name": start.profile.name}
    messages.success(request, f"{chosen} {niches}" if start.niches else chosen)
    return redirect("discovery:niches")


def _page(request: HttpRequest, form: WelcomeForm, *, status: int = HTTPStatus.OK) -> HttpResponse:
    page = {"form": form}
    return render(request, "discovery/accounts/welcome.html", {"page": page}, status=status)
