"""The switches of what spends tokens by itself; their card stands on several pages."""

from __future__ import annotations

from django.contrib import messages
from django.core.exceptions import BadRequest
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from discovery.pages.back import address_back
from discovery.sourcing.switches import set_switch


@never_cache
@require_POST
def switch(request: HttpRequest) -> HttpResponse:
    """Turn the switch named ``setting`` as ``action`` says: ``on`` or ``off``."""
    action = request.POST.get("action", "")
    if action not in {"on", "off"}:
        raise BadRequest
    on = action == "on"
    match request.POST.get("setting", ""):
        case "jobs":
            set_switch(runs_jobs=on)
            said = _("Jobs run by themselves.") if on else _("Jobs no longer run by themselves.")
        case "idle_tokens":
            set_switch(uses_idle_tokens=on)
            said = (
                _("Tokens that would expire are used.")
                if on
                else _("Tokens that would expire are left to expire.")
            )
        case _unknown:
            raise BadRequest
    messages.success(request, said)
    return redirect(address_back(request, default="/"))
