"""Alertes: what one was told, over which channels, and whether it arrived."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from django.contrib import messages
from django.core.exceptions import BadRequest
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from discovery.accounts.mail import mail_is_sent
from discovery.accounts.members import signed_in
from discovery.accounts.preferences import preferences_of, zone_of
from discovery.models import AlertChannel
from discovery.pages.sourcing.alert_forms import AlertSettingsForm, ChannelForm
from discovery.pages.sourcing.seen import seen_until
from discovery.sourcing.alerts import channels, choices, queries
from discovery.sourcing.alerts.sending import CannotSend
from discovery.sourcing.alerts.text import failure_text


@never_cache
@require_safe
def alerts(request: HttpRequest) -> HttpResponse:
    """The centre: every alert, newest first, and which of them are not read yet."""
    user = signed_in(request)
    page = {
        "alerts": queries.alerts_of(user=user, number=request.GET.get("page", "1")),
        "unread": queries.unread_of(user=user),
        "until": timezone.now(),
        "most_counted": queries.MOST_COUNTED,
    }
    return render(request, "discovery/sourcing/alerts.html", {"page": page})


@require_POST
def read_alerts(request: HttpRequest) -> HttpResponse:
    """Mark all of one's alerts as read that were there when the page was made (``until``)."""
    now = timezone.now()
    queries.read_alerts(user=signed_in(request), until=seen_until(request, now=now), now=now)
    messages.success(request, _("All alerts are marked as read."))
    return redirect("discovery:alerts")


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def alert_settings(request: HttpRequest) -> HttpResponse:
    """When and over what one is told, and the log of deliveries; posting keeps one's choices."""
    user = signed_in(request)
    if request.method != "POST":
        return _settings(request)
    form = AlertSettingsForm(request.POST)
    if not form.is_valid():
        return _settings(request, form=form, status=HTTPStatus.UNPROCESSABLE_ENTITY)
    choices.keep_settings(user=user, now=timezone.now(), **form.cleaned_data)
    messages.success(request, _("Saved."))
    return redirect("discovery:alert_settings")


@sensitive_post_parameters("address")
@never_cache
@require_POST
def add_channel(request: HttpRequest) -> HttpResponse:
    """Store a channel once its address was looked at."""
    form = ChannelForm(request.POST)
    if form.is_valid():
        try:
            channel = channels.add_channel(owner=signed_in(request), **form.cleaned_data)
        except CannotSend as error:
            form.add_error("address", failure_text(error.code))
        else:
            text = _("The channel “%(name)s” is added: try it now.")
            messages.success(request, text % {"name": channel.name})
            return redirect("discovery:alert_settings")
    return _settings(request, channel_form=form, status=HTTPStatus.UNPROCESSABLE_ENTITY)


@require_POST
def delete_channel(request: HttpRequest, pk: int) -> HttpResponse:
    """Remove a channel of one's own, with what was still to be sent over it."""
    channel = _channel(request, pk)
    channels.delete_channel(channel=channel)
    messages.success(request, _("The channel “%(name)s” is deleted.") % {"name": channel.name})
    return redirect("discovery:alert_settings")


@require_POST
def turn_channel(request: HttpRequest, pk: int) -> HttpResponse:
    """Turn a channel of one's own ``action=on|off``."""
    channel, action = _channel(request, pk), request.POST.get("action", "")
    if action not in {"on", "off"}:
        raise BadRequest
    channels.turn_channel(channel=channel, on=action == "on")
    text = (
        _("The channel “%(name)s” is used again.")
        if action == "on"
        else _("The channel “%(name)s” is paused: nothing is sent over it.")
    )
    messages.success(request, text % {"name": channel.name})
    return redirect("discovery:alert_settings")


@require_POST
def test_channel(request: HttpRequest, pk: int) -> HttpResponse:
    """Send a test over a channel of one's own, now."""
    channel = _channel(request, pk)
    try:
        channels.try_channel(channel=channel, language=_language(), now=timezone.now())
    except CannotSend as error:
        text = _("%(name)s: the test did not arrive. %(why)s")
        why = {"name": channel.name, "why": failure_text(error.code)}
        messages.error(request, text % why)
    else:
        text = _("%(name)s: the test was sent, and accepted by the server.")
        messages.success(request, text % {"name": channel.name})
    return redirect("discovery:alert_settings")


@require_POST
def test_alert_mail(request: HttpRequest) -> HttpResponse:
    """Mail a test to one's own address, now."""
    user = signed_in(request)
    try:
        channels.try_mail(user=user, language=_language())
    except CannotSend as error:
        messages.error(request, failure_text(error.code))
    else:
        text = _("A test was sent to %(address)s.")
        messages.success(request, text % {"address": user.email})
    return redirect("discovery:alert_settings")


def _settings(
    request: HttpRequest,
    *,
    form: AlertSettingsForm | None = None,
    channel_form: ChannelForm | None = None,
    status: int = HTTPStatus.OK,
) -> HttpResponse:
    user = signed_in(request)
    if form is None:
        chosen = choices.settings_of(user=user)
        names = ("by_email", "daily_cap", "quiet_from", "quiet_until", "digest_at")
        said: dict[str, Any] = {name: getattr(chosen, name) for name in names}
        said["time_zone"] = preferences_of(user=user).time_zone
        form = AlertSettingsForm(initial=said)
    page = {
        "form": form,
        "channel_form": channel_form or ChannelForm(),
        "channels": channels.channels_of(owner=user),
        "deliveries": queries.deliveries_of(user=user, number=request.GET.get("page", "1")),
        "zone": zone_of(user=user),
        "mail_works": mail_is_sent(),
        "examples": channels.EXAMPLES,
    }
    return render(request, "discovery/sourcing/alert_settings.html", {"page": page}, status=status)


def _channel(request: HttpRequest, pk: int) -> AlertChannel:
    channel = queries.channel_of(user=signed_in(request), pk=pk)
    if channel is None:
        raise Http404
    return channel


def _language() -> str:
    return get_language() or ""
