"""Filters of tables that a user has named, over the API."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from ninja import Router, Schema
from ninja.responses import Status
from pydantic import ConfigDict, Field

from discovery.api.auth import caller_of
from discovery.api.bodies import body_of, object_of
from discovery.api.created import created
from discovery.api.idempotency import idempotent
from discovery.api.reading import read_body
from discovery.api.schemas import ANY_REFUSALS, WRITING_REFUSALS, Problem
from discovery.models import SavedFilter
from discovery.runs import saved_filters as service

router = Router(tags=["saved filters"])
EXAMPLE: dict[str, Any] = {"id": 4, "name": "Quick sellers", "query": "sort=velocity&roi_min=30"}
FILTER_REFUSALS = WRITING_REFUSALS | {409: Problem}
FILTER_BODY = body_of(
    object_of(
        {
            "name": {"type": "string", "minLength": 1, "maxLength": service.LONGEST_NAME},
            "query": {
                "type": "string", "minLength": 1, "maxLength": service.LONGEST_QUERY,
                "description": "Parameters of `GET /runs/{run_id}/lines`, as in an address: sort, "
                "dir, verdict, q, roi_min, profit_min, price_max, bsr_max, known_cost, "
                "hide_ignored. Others are dropped.",
            },
        },
        ["name", "query"],
        "Saved filter",
    ),
    {"name": "Quick sellers", "query": "sort=velocity&roi_min=30"},
)  # fmt: skip


class FilterAnswer(Schema):
    """A sort, a verdict and bounds, for any table."""

    id: int
    name: str
    query: str = Field(description="Kept on a page, its numbers are as they were typed.")

    model_config = ConfigDict(json_schema_extra={"examples": [EXAMPLE]})


class FiltersAnswer(Schema):
    """All of the caller's filters, by name; 50 at most."""

    saved_filters: list[FilterAnswer]

    model_config = ConfigDict(json_schema_extra={"examples": [{"saved_filters": [EXAMPLE]}]})


@router.get("", response={200: FiltersAnswer} | ANY_REFUSALS, summary="The saved filters")
def list_filters(request: HttpRequest) -> dict[str, Any]:
    """What the caller looks for in tables, under names of their own."""
    found = service.filters_of(user_id=caller_of(request).pk)
    return {"saved_filters": [_answer(one) for one in found]}


@router.post(
    "",
    response={201: FilterAnswer} | FILTER_REFUSALS,
    openapi_extra={"requestBody": FILTER_BODY},
    summary="Save a filter",
)
@idempotent
def save_filter(request: HttpRequest, response: HttpResponse) -> Status[dict[str, Any]]:
    """Keep a filter, in place of one of the same name; 409 beyond 50."""
    name, query = service.read_filter(read_body(request))
    kept = service.keep_filter(user=caller_of(request), name=name, query=query)
    return created(response, _answer(kept), read_by="get_filter", at=(kept.pk,))


@router.get("/{filter_id}", response={200: FilterAnswer} | FILTER_REFUSALS, summary="A filter")
def get_filter(request: HttpRequest, filter_id: int) -> dict[str, Any]:
    """One of the caller's filters."""
    found = service.filters_of(user_id=caller_of(request).pk).filter(pk=filter_id).first()
    if found is None:
        raise Http404
    return _answer(found)


@router.delete("/{filter_id}", response={204: None} | FILTER_REFUSALS, summary="Forget a filter")
def forget_filter(request: HttpRequest, filter_id: int) -> Status[None]:
    """Delete a filter."""
    if not service.forget_filter(user=caller_of(request), pk=filter_id):
        raise Http404
    return Status(204, None)


def _answer(kept: SavedFilter) -> dict[str, Any]:
    return {"id": kept.pk, "name": kept.name, "query": kept.query}
