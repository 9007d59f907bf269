"""The glossary: every word of the trade that pages use, in one sentence."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from discovery.text.glossary import glossary as words_of_the_trade


@require_safe
def glossary(request: HttpRequest) -> HttpResponse:
    """All of them on one page, each with an anchor of its own."""
    context = {"page": {"groups": words_of_the_trade()}}
    return render(request, "discovery/glossary.html", context)
