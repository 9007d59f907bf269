"""Buying the Buy Box of products that were scored without it: of one row, or of a whole page."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from discovery.accounts.members import signed_in
from discovery.keepa.client import MOST_PRODUCTS
from discovery.keepa.errors import KeepaError
from discovery.models import Run
from discovery.runs import queries
from discovery.runs.buy_boxes import StillAtWork, buy_buy_boxes
from discovery.text import formats


@require_POST
def buy(request: HttpRequest, run_id: UUID, kind: Run.Kind) -> HttpResponse:
    """Buy it for the product named ``only``, else for each ``asin``: those of the page shown."""
    run = queries.run_of(owner=signed_in(request), run_id=run_id, kind=kind)
    return buy_for(request, run, request.POST.getlist("only") or request.POST.getlist("asin"))


def buy_for(request: HttpRequest, run: Run, asins: Iterable[str]) -> HttpResponse:
    """Buy what these products lack, at most 100 of them, and say on the page what it has cost."""
    asked = [asin for asin in asins if "\x00" not in asin][:MOST_PRODUCTS]
    try:
        bought = buy_buy_boxes(run=run, asins=asked)
    except StillAtWork as error:
        messages.info(request, str(error))
    except KeepaError as error:
        messages.error(request, str(error))
    else:
        if bought.lines:
            text = ngettext(
                "%(count)s product scored again with its Buy Box: %(tokens)s.",
                "%(count)s products scored again with their Buy Box: %(tokens)s.",
                bought.lines,
            )
            values = {
                "count": formats.number(bought.lines),
                "tokens": formats.tokens(bought.tokens_spent),
            }
            messages.success(request, text % values)
        elif bought.unanswered:
            text = ngettext(
                "Keepa had nothing on %(count)s product: %(tokens)s.",
                "Keepa had nothing on %(count)s products: %(tokens)s.",
                bought.unanswered,
            )
            values = {
                "count": formats.number(bought.unanswered),
                "tokens": formats.tokens(bought.tokens_spent),
            }
            messages.warning(request, text % values)
        else:
            messages.info(request, _("There was no Buy Box left to buy."))
    return redirect(f"{run.get_absolute_url()}?{request.GET.urlencode()}#results")
