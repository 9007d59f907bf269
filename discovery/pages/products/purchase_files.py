"""Mes achats as files: out as CSV, and in from any table with headings, after a look at it."""

from __future__ import annotations

from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from discovery.accounts.members import signed_in
from discovery.lists.purchase_file import give_file
from discovery.lists.reading.model import UnreadableList
from discovery.lists.reading.tables import MOST_BYTES
from discovery.lists.text import unreadable_text
from discovery.models import PurchaseFile
from discovery.pages.choices import default_marketplace, marketplace_choices
from discovery.pages.csv_files import csv_language
from discovery.pages.products.purchase_forms import narrowing_of
from discovery.products import purchase_import
from discovery.products.purchase_export import csv_of
from discovery.products.purchase_import import Understood
from discovery.products.purchase_lines import NoHeadings
from discovery.products.purchase_queries import purchases_of
from discovery.runs.own_costs import score_lines_of_products
from discovery.text import formats
from discovery.text.csv_files import csv_answer

SHOWN = 100  # lines of each kind
STATUS_OF = {
    "too_large": HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    "bloated_excel": HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    "bloated_text": HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    "reader_busy": HTTPStatus.TOO_MANY_REQUESTS,
    "no_reader": HTTPStatus.SERVICE_UNAVAILABLE,
}


class FileForm(forms.Form):
    """A file of purchases, or its lines pasted; ``source`` and ``name`` after ``is_valid()``."""

    file = forms.FileField(
        label=gettext_lazy("File of purchases"),
        required=False,
        allow_empty_file=True,
        help_text=gettext_lazy("CSV, text, Excel or OpenDocument, up to 5,000 lines and 5 MB."),
    )
    text = forms.CharField(
        label=gettext_lazy("or paste the lines, headings first"),
        required=False,
        strip=False,
        widget=forms.Textarea(attrs={"rows": 5, "spellcheck": "false", "autocomplete": "off"}),
    )
    marketplace = forms.ChoiceField(
        label=gettext_lazy("Marketplace"),
        choices=marketplace_choices,
        help_text=gettext_lazy("Of the lines that name none."),
    )

    def clean(self) -> dict[str, Any]:
        """One of both, and not more than can be read."""
        data = self.cleaned_data
        if bool(data.get("file")) == bool((data.get("text") or "").strip()):
            raise ValidationError(_("Choose a file or paste lines."), code="neither")
        return data

    def given(self) -> tuple[str, bytes | str]:
        """The name and what is to be read. Raises ``UnreadableList`` before it is too much."""
        upload = self.cleaned_data.get("file")
        if not upload:
            return _("Pasted lines"), str(self.cleaned_data["text"])
        if upload.size > MOST_BYTES:
            raise UnreadableList("too_large")
        content: bytes = upload.read()
        return str(upload.name), content


@dataclass(frozen=True, slots=True)
class ImportPage:
    """The form, and the file that waits for its owner's word with what was understood of it."""

    form: FileForm
    given: PurchaseFile | None = None
    understood: Understood | None = None
    refusal: str = ""
    shown: int = SHOWN

    @property
    def seen(self) -> str:
        """Which file is looked at, for the button that agrees to it."""
        return purchase_import.mark_of(self.given) if self.given else ""


@require_safe
def export(request: HttpRequest) -> HttpResponse:
    """The user's purchases, those of ``?stock=&q=``; ``?format=plain`` for programs."""
    purchases = purchases_of(owner=signed_in(request), narrowing=narrowing_of(request.GET))
    return csv_answer(csv_of(purchases, language=csv_language(request)), name="achats")


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def give(request: HttpRequest) -> HttpResponse:
    """Take a file, show what was understood, and write it at ``action=confirm`` alone."""
    user, action = signed_in(request), request.POST.get("action", "")
    if request.method != "POST":
        return _page(request, FileForm(initial={"marketplace": default_marketplace(user)}))
    if action == "cancel":
        purchase_import.give_up_file(user=user)
        return redirect("discovery:import_purchases")
    if action == "confirm":
        return _confirm(request)
    form = FileForm(request.POST, request.FILES)
    if not form.is_valid():
        return _page(request, form, status=HTTPStatus.UNPROCESSABLE_ENTITY)
    try:
        name, source = form.given()
        give_file(user=user, name=name, source=source, marketplace=form.cleaned_data["marketplace"])
    except UnreadableList as error:
        form.add_error(None, unreadable_text(error.code))
        status = STATUS_OF.get(error.code, HTTPStatus.UNPROCESSABLE_ENTITY)
        return _page(request, form, status=status)
    return redirect("discovery:import_purchases")


def _confirm(request: HttpRequest) -> HttpResponse:
    try:
        written = purchase_import.bring_in(
            user=signed_in(request), seen=request.POST.get("seen", "")
        )
    except purchase_import.AnotherFile:
        messages.warning(request, _("Another file was given meanwhile: look at it first."))
        return redirect("discovery:import_purchases")
    except NoHeadings as error:
        messages.error(request, str(error))
        return redirect("discovery:import_purchases")
    if written is None:
        messages.error(request, _("There is no file to import any more: choose it again."))
        return redirect("discovery:import_purchases")
    # What was paid is what the product costs, in past answers too.
    brought = ((line.line.marketplace, line.line.asin) for line in written.lines if line.is_new)
    score_lines_of_products(user=signed_in(request), products=brought)
    bought = ngettext(
        "%(count)s purchase imported.", "%(count)s purchases imported.", written.new_purchases
    )
    sold = ngettext("%(count)s sale imported.", "%(count)s sales imported.", written.new_sales)
    parts = ((bought, written.new_purchases), (sold, written.new_sales))
    messages.success(
        request, " ".join(text % {"count": formats.number(count)} for text, count in parts)
    )
    return redirect("discovery:purchases")


def _page(request: HttpRequest, form: FileForm, *, status: int = 200) -> HttpResponse:
    user = signed_in(request)
    given = purchase_import.pending_file(user=user)
    understood, refusal = None, ""
    if given is not None:
        try:
            understood = purchase_import.understand(user=user, given=given)
        except NoHeadings as error:
            refusal = str(error)
    page = ImportPage(form, given, understood, refusal)
    return render(request, "discovery/products/purchase_import.html", {"page": page}, status=status)
