"""Purchases as files over the API: out as CSV; in after a look at what was understood."""

from __future__ import annotations

from typing import Any, Literal

from django.http import Http404, HttpRequest, HttpResponse
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from ninja import Router
from ninja.responses import Status

from discovery.api.auth import caller_of
from discovery.api.csv_files import described_csv
from discovery.api.fields import refuse
from discovery.api.idempotency import idempotent
from discovery.api.purchase_schemas import (
    CONFIRM_BODY,
    IMPORT_BODY,
    ImportAnswer,
    ImportedAnswer,
)
from discovery.api.purchases import REFUSALS, StockName, Words, narrowing_of
from discovery.keepa.marketplaces import marketplace_of
from discovery.lists.purchase_file import give_file
from discovery.lists.reading.model import UnreadableList
from discovery.lists.reading.tables import MOST_BYTES
from discovery.models import PurchaseFile
from discovery.products import purchase_import
from discovery.products.purchase_export import csv_of
from discovery.products.purchase_queries import purchases_of
from discovery.runs.own_costs import score_lines_of_products
from discovery.text.csv_files import csv_answer

router = Router(tags=["purchases"])
SHOWN = 100  # lines of each kind
FILE_SCHEMA = {
    "type": "object",
    "properties": {
        "file": {"type": "string", "contentMediaType": "application/octet-stream"},
        "marketplace": IMPORT_BODY.fields["marketplace"].schema,
    },
    "required": ["file", "marketplace"],
}
GIVE_BODY: dict[str, Any] = IMPORT_BODY.openapi
GIVE_BODY["requestBody"]["content"]["multipart/form-data"] = {
    "schema": FILE_SCHEMA,
    "example": {"marketplace": "fr", "file": "ASIN;Cost\nB00EXAMPLE;9.50\n"},
}


@router.get(
    "/export.csv",
    response=REFUSALS,
    openapi_extra=described_csv("asin,marketplace,title\nB00EXAMPLE,fr,A book\n"),
    summary="Your purchases as CSV",
)
def export_purchases(
    request: HttpRequest,
    stock: StockName = "all",
    q: Words = "",
    format: Literal["plain", "sheet"] = "plain",  # the name in the address
) -> HttpResponse:
    """One line a sale, or an unsold purchase: for programs, or a `sheet` in your language."""
    found = purchases_of(owner=caller_of(request), narrowing=narrowing_of(stock, q, "-date"))
    language = get_language() or "fr" if format == "sheet" else None
    return csv_answer(csv_of(found, language=language), name="purchases")


@router.get("/import", response={200: ImportAnswer} | REFUSALS, summary="The file that waits")
def get_import(request: HttpRequest) -> dict[str, Any]:
    """What was understood of the file that was given and is not confirmed; 404 without one."""
    given = purchase_import.pending_file(user=caller_of(request))
    if given is None:
        raise Http404
    return _understood(request, given)


@router.post(
    "/import",
    response={200: ImportAnswer} | REFUSALS,
    openapi_extra=GIVE_BODY,
    summary="Give a file of purchases",
)
def give_import(request: HttpRequest) -> dict[str, Any]:
    """Give a file (CSV, text, Excel, OpenDocument; 5 MB, 5,000 lines) or its lines as `text`.

    Nothing is written before it is confirmed; another file takes its place.
    """
    user = caller_of(request)
    if request.content_type == "multipart/form-data":
        name, source, market = _upload(request)
    else:
        said = IMPORT_BODY.read(request)
        name, source, market = _("Pasted lines"), said["text"], said["marketplace"]
    return _understood(request, give_file(user=user, name=name, source=source, marketplace=market))


@router.delete("/import", response={204: None} | REFUSALS, summary="Give the file up")
def give_up_import(request: HttpRequest) -> Status[None]:
    """Forget the file that waits; 404 without one."""
    if not purchase_import.give_up_file(user=caller_of(request)):
        raise Http404
    return Status(204, None)


@router.post(
    "/import/confirm",
    response={200: ImportedAnswer} | REFUSALS,
    openapi_extra=CONFIRM_BODY.openapi,
    summary="Write what the file says",
)
@idempotent
def confirm_import(request: HttpRequest) -> dict[str, Any]:
    """Write what is new of the file that was looked at; 409 where another was given since."""
    user, said = caller_of(request), CONFIRM_BODY.read(request)
    written = purchase_import.bring_in(user=user, seen=said["seen"])
    if written is None:
        raise Http404
    brought = [(line.line.marketplace, line.line.asin) for line in written.lines if line.is_new]
    score_lines_of_products(user=user, products=brought)
    return {"new_purchases": written.new_purchases, "new_sales": written.new_sales}


def _upload(request: HttpRequest) -> tuple[str, bytes, str]:
    upload = request.FILES.get("file")
    if upload is None:
        raise refuse("file", _("Choose a file or paste lines."))
    if (upload.size or 0) > MOST_BYTES:
        raise UnreadableList("too_large")
    market = marketplace_of(request.POST.get("marketplace", "")).code
    return str(upload.name), upload.read(), market


def _understood(request: HttpRequest, given: PurchaseFile) -> dict[str, Any]:
    found = purchase_import.understand(user=caller_of(request), given=given)
    return {
        "name": given.name,
        "seen": purchase_import.mark_of(given),
        "new_purchases": found.new_purchases,
        "new_sales": found.new_sales,
        "lines": [
            {
                "number": line.line.number,
                "asin": line.line.asin,
                "marketplace": line.line.marketplace,
                "quantity": line.line.bought.quantity,
                "cost": line.line.bought.cost.amount,
                "new": line.is_new,
                "new_sale": line.is_new_sale,
            }
            for line in found.lines[:SHOWN]
        ],
        "bad": [
            {"number": bad.number, "text": bad.text, "code": bad.code, "detail": str(bad)}
            for bad in found.bad[:SHOWN]
        ],
    }
