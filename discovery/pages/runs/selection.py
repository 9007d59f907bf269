"""Deciding on many products of an answer at once: favourites, ignored, exported."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponseBadRequest, HttpResponseBase
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from discovery.accounts.members import signed_in
from discovery.models import Run
from discovery.pages.runs.export import export_of
from discovery.pages.runs.results import shown
from discovery.products.decisions import add_favourites, ignore_products
from discovery.runs.sharing import readable_run
from discovery.text import formats

EXPORTS = {"export": False, "export_plain": True}


@require_POST
def selection(request: HttpRequest, run_id: UUID, kind: Run.Kind) -> HttpResponseBase:
    """Apply ``action`` to the ticked products (``asin``), or with ``scope=all`` to all shown.

    The address says which are shown, as on the page of the run. Marks are the reader's own: they
    may be put on the products of a run that somebody shares.
    """
    user = signed_in(request)
    run = readable_run(user=user, run_id=run_id, kind=kind)
    back = f"{run.get_absolute_url()}?{request.GET.urlencode()}#results"
    results = shown(request, run).order_by("position")
    if request.POST.get("scope") != "all":
        results = results.filter(
            asin__in=[asin for asin in request.POST.getlist("asin") if "\x00" not in asin]
        )
    action = request.POST.get("action", "")
    asins = list(results.values_list("asin", flat=True))
    if not asins:
        messages.warning(request, _("Tick the products you mean first."))
        return redirect(back)
    if action in EXPORTS:
        return export_of(run, results, is_plain=EXPORTS[action])
    if action == "favourite":
        count = add_favourites(user=user, marketplace=run.marketplace, asins=asins)
        text = ngettext(
            "%(count)s product is a new favourite.", "%(count)s products are new favourites.", count
        )
    elif action != "ignore":
        return HttpResponseBadRequest()
    else:
        count = ignore_products(user=user, marketplace=run.marketplace, asins=asins)
        text = ngettext("%(count)s product is ignored.", "%(count)s products are ignored.", count)
    if not count:
        text = _("They already were.")
    messages.success(request, text % {"count": formats.number(count)})
    return redirect(back)
