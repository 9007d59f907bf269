"""Favourite and ignored, from any table of products: one product, several, and taken back."""

from __future__ import annotations

from collections.abc import Iterable

from django.contrib import messages
from django.http import (
    Http404,
    HttpRequest,
    HttpResponse,
    HttpResponseBadRequest,
)
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from discovery.accounts.members import signed_in
from discovery.pages.back import ours
from discovery.products import marks, store
from discovery.products.marks import Mark
from discovery.text import formats

# The button of a selection -> the mark, and whether it is given or taken.
ACTIONS = {
    "favourite": (Mark.FAVOURITE, True),
    "not_favourite": (Mark.FAVOURITE, False),
    "ignore": (Mark.IGNORED, True),
    "not_ignore": (Mark.IGNORED, False),
}


@require_POST
def mark(request: HttpRequest, marketplace: str, asin: str) -> HttpResponse:
    """Give a product the ``mark``, or take it: ``wanted=1|0``.

    A script gets 204, with what undoes it in ``X-Undo`` where anything changed.
    """
    name = request.POST.get("mark") or request.GET.get("mark")
    if name not in set(Mark):
        return HttpResponseBadRequest()
    user, is_given = signed_in(request), request.POST.get("wanted") != "0"
    is_known = store.product_of(marketplace=marketplace, asin=asin) is not None
    if is_given and not is_known:
        raise Http404
    change = marks.mark_products(
        user=user, products=[(marketplace, asin)], mark=Mark(name), is_given=is_given
    )
    # A mark can be taken from a product that is not at hand any more, if it has one.
    if not is_known and not change.rows:
        raise Http404
    if not _is_script(request):
        return _back(request)
    token = marks.undo_token(user=user, change=change)
    return HttpResponse(status=204, headers={"X-Undo": token} if token else None)


@require_POST
def undo(request: HttpRequest) -> HttpResponse:
    """Take back what the ``token`` tells of; a script gets 204, or 410 with why it is too late."""
    try:
        change = marks.undo(user=signed_in(request), token=request.POST.get("token", ""))
    except marks.TooLateToUndo:
        sentence = _("It is too late to undo this.")
        if _is_script(request):
            return HttpResponse(sentence, status=410, content_type="text/plain; charset=utf-8")
        messages.warning(request, sentence)
        return _back(request)
    if _is_script(request):
        return HttpResponse(status=204)
    count = len(change.products)
    text = ngettext(
        "Undone: %(count)s product is as it was before.",
        "Undone: %(count)s products are as they were before.",
        count,
    )
    messages.success(request, text % {"count": formats.number(count)})
    return _back(request)


def mark_several(request: HttpRequest, products: Iterable[marks.Product], action: str) -> None:
    """Do one of ``ACTIONS`` to these, and say how many it changed, with a button that undoes it."""
    name, is_given = ACTIONS[action]
    user = signed_in(request)
    change = marks.mark_products(user=user, products=products, mark=name, is_given=is_given)
    count = len(change.products)
    text = _sentence(action, count) if count else _("They already were.")
    # What undoes a message travels as its extra tags: ui/messages.html makes a button of it.
    messages.success(
        request,
        text % {"count": formats.number(count)},
        extra_tags=marks.undo_token(user=user, change=change),
    )


def _sentence(action: str, count: int) -> str:
    match action:
        case "favourite":
            return ngettext(
                "%(count)s product is a new favourite.",
                "%(count)s products are new favourites.",
                count,
            )
        case "not_favourite":
            return ngettext(
                "%(count)s product is no favourite any more.",
                "%(count)s products are no favourites any more.",
                count,
            )
        case "ignore":
            return ngettext(
                "%(count)s product is ignored.", "%(count)s products are ignored.", count
            )
        case _:
            return ngettext(
                "%(count)s product is no longer ignored.",
                "%(count)s products are no longer ignored.",
                count,
            )


def _is_script(request: HttpRequest) -> bool:
    return "HX-Request" in request.headers or "X-Requested-With" in request.headers


def _back(request: HttpRequest) -> HttpResponse:
    """To the page of the table that was looked at, which the form names; never elsewhere."""
    return redirect(ours(request.POST.get("next", ""), default=reverse("discovery:favourites")))
