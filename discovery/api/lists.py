"""Lists over the API: given, corrected, priced, started; then they are runs as all others."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import partial
from typing import Any
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from ninja import Router
from ninja.errors import HttpError
from ninja.responses import Status

from discovery.api.auth import caller_of
from discovery.api.created import created
from discovery.api.idempotency import idempotent
from discovery.api.line_answers import line_answers
from discovery.api.line_schemas import LineAnswer
from discovery.api.list_answers import list_answer
from discovery.api.list_schemas import CHOICE_BODY, CORRECTIONS_BODY, LIST_BODY, ListAnswer
from discovery.api.reading import read_body
from discovery.api.run_schemas import RUN_REFUSALS, START_REFUSALS, RunAnswer
from discovery.api.waiting import Wait, started
from discovery.exports.columns import with_text
from discovery.keepa.errors import FieldProblem, InvalidFilters
from discovery.lists import service
from discovery.lists.list_request import read_asked_list
from discovery.lists.reading.model import UnreadableList
from discovery.lists.reading.tables import MOST_BYTES
from discovery.models import Run, RunLine
from discovery.profiles.service import active_profile, may_use
from discovery.runs import queries
from discovery.runs.candidates import NoCodeToAsk, NotACandidate, ask_again, choose
from discovery.runs.sharing import readable_run
from discovery.scoring.pack_size import MOST_UNITS
from discovery.search.request_fields import read_text
from discovery.text.numbers import NumberField, short

router = Router(tags=["lists"])
LIST_REFUSALS = RUN_REFUSALS
LONGEST_ASIN = 20
UPLOADED = ("marketplace", "profile", "corrections")


@router.post(
    "",
    response={201: ListAnswer} | LIST_REFUSALS,
    openapi_extra={"requestBody": LIST_BODY},
    summary="Give a list",
)
@idempotent
def give_list(request: HttpRequest, response: HttpResponse) -> Status[dict[str, Any]]:
    """Keep a list as it was read, to be looked at and started; nothing is spent.

    A file is sent as `multipart/form-data`, text as JSON. The answer says how it was understood,
    what is doubtful, and what it would cost. One list of a caller is read at a time.
    """
    user = caller_of(request)
    name, source, data = _given(request)
    asked = read_asked_list(data, user=user)
    with transaction.atomic():
        read = service.read_for(source, owner_id=user.pk, marketplace=asked.marketplace)
        run = service.create_list(
            owner=user,
            name=name,
            read=read,
            marketplace=asked.marketplace,
            source=source,
            asked_on=Run.AskedOn.API,
        )
        service.correct_list(
            run=run,
            corrections=asked.corrections,
            marketplace=asked.marketplace,
            profile=asked.profile,
        )
    answer = list_answer(readable_run(user=user, run_id=run.pk), user=user)
    return created(response, answer, read_by="get_list", at=(run.pk,))


@router.get("/{run_id}", response={200: ListAnswer} | LIST_REFUSALS, summary="A list")
def get_list(request: HttpRequest, run_id: UUID) -> dict[str, Any]:
    """A list; until it is started also how it is read, its doubts, and its price."""
    user = caller_of(request)
    return list_answer(readable_run(user=user, run_id=run_id, kind=Run.Kind.LIST), user=user)


@router.put(
    "/{run_id}/corrections",
    response={200: ListAnswer} | LIST_REFUSALS,
    openapi_extra={"requestBody": CORRECTIONS_BODY},
    summary="Correct how a list is read",
)
def correct_list(request: HttpRequest, run_id: UUID) -> dict[str, Any]:
    """Read a draft again as said; all that was said before is replaced. Nothing is spent."""
    user = caller_of(request)
    run = _draft(request, run_id)
    asked = read_asked_list(read_body(request), user=user)
    service.correct_list(
        run=run,
        corrections=asked.corrections,
        marketplace=asked.marketplace,
        profile=asked.profile,
    )
    return list_answer(readable_run(user=user, run_id=run_id), user=user)


@router.post(
    "/{run_id}/start",
    response={200: RunAnswer, 202: RunAnswer} | START_REFUSALS,
    summary="Start a list",
)
@idempotent
def start_list(
    request: HttpRequest, response: HttpResponse, run_id: UUID, wait: Wait = 0
) -> Status[dict[str, Any]]:
    """Have a list analysed with the marketplace and the profile it was given with.

    A short one whose products are known costs nothing and is answered at once, with 200. 409 while
    a doubt blocks it, and for one that was started before.
    """
    user = caller_of(request)
    run = _draft(request, run_id)
    if not run.total:
        raise service.NothingToAnalyse
    chosen = run.profile if may_use(profile=run.profile, user=user) else None
    profile = active_profile(slug=chosen.slug if chosen else None, user=user)
    run = service.start_list(run=run, profile=profile, marketplace=run.marketplace)
    return started(run, wait=wait, response=response, user=user)


@router.post(
    "/{run_id}/ask-again",
    response={200: RunAnswer, 202: RunAnswer} | START_REFUSALS,
    summary="Ask unknown codes again",
)
@idempotent
def ask_codes_again(
    request: HttpRequest, response: HttpResponse, run_id: UUID, wait: Wait = 0
) -> Status[dict[str, Any]]:
    """Look up anew the codes that no product bore; each costs a token. 409 without any."""
    user = caller_of(request)
    run = queries.run_of(owner=user, run_id=run_id, kind=Run.Kind.LIST)
    if not ask_again(run=run):
        raise NoCodeToAsk
    run.refresh_from_db()
    return started(run, wait=wait, response=response, user=user)


@router.post(
    "/{run_id}/lines/{line_id}/choose",
    response={200: LineAnswer} | LIST_REFUSALS,
    openapi_extra={"requestBody": CHOICE_BODY},
    summary="Choose the product of a code",
)
def choose_line_product(request: HttpRequest, run_id: UUID, line_id: int) -> dict[str, Any]:
    """Say which product a line's code means, and for how many units its cost is; for no token.

    It is remembered for later lists. A product that is not at hand any more leaves the line as it
    is.
    """
    user = caller_of(request)
    run = queries.run_of(owner=user, run_id=run_id, kind=Run.Kind.LIST)
    scored = run.lines.filter(state=RunLine.State.SCORED)
    line = get_object_or_404(scored, pk=line_id)
    line.run = run
    asin, units = _choice(read_body(request))
    try:
        choose(line=line, asin=asin or line.asin, cost_units=units)
    except NotACandidate:
        choices = tuple(stored["asin"] for stored in line.candidates)
        problem = FieldProblem("unknown_choice", {"value": asin, "choices": choices})
        raise InvalidFilters({"asin": [problem]}) from None
    return line_answers(list(with_text(scored.filter(pk=line_id))), run=run, user=user)[0]


def _draft(request: HttpRequest, run_id: UUID) -> Run:
    """Raises ``AlreadyStarted``."""
    run = queries.run_of(owner=caller_of(request), run_id=run_id, kind=Run.Kind.LIST)
    if run.state != Run.State.DRAFT:
        raise service.AlreadyStarted
    return run


def _given(request: HttpRequest) -> tuple[str, bytes | str, Mapping[str, Any]]:
    """The name of a list, what it holds, and what is said of it.

    Raises ``UnreadableList`` for a file that is too large, before it is read, ``InvalidFilters``,
    and ``HttpError`` 400 for what is neither JSON nor a form.
    """
    if request.content_type == "multipart/form-data":
        return _uploaded(request)
    data = read_body(request)
    text, errors = data.pop("text", None), {}
    name = ""
    try:
        name = read_text(data.pop("name", None), longest=service.LONGEST_NAME)
    except ValidationError as refused:
        errors["name"] = [(wrong.params or {})["problem"] for wrong in refused.error_list]
    if not isinstance(text, str) or not text.strip():
        errors["text"] = [FieldProblem("not_text" if text else "required")]
    if errors:
        raise InvalidFilters(errors)
    return name or _("Pasted list"), str(text), data


def _uploaded(request: HttpRequest) -> tuple[str, bytes | str, Mapping[str, Any]]:
    upload = request.FILES.get("file")
    if upload is None:
        raise InvalidFilters({"file": [FieldProblem("required")]})
    if (upload.size or 0) > MOST_BYTES:
        raise UnreadableList("too_large")
    data: dict[str, Any] = {
        name: value for name, value in request.POST.items() if name in UPLOADED and value
    }
    if said := data.get("corrections"):
        try:
            data["corrections"] = json.loads(said)
        except (ValueError, RecursionError):
            raise HttpError(400, "not JSON") from None
    name = str(upload.name or "").replace("\x00", "")[: service.LONGEST_NAME]
    return name or _("Pasted list"), upload.read(), data


def _choice(data: Mapping[str, Any]) -> tuple[str, int | None]:
    """Raises ``InvalidFilters``."""
    errors = {short(name): [FieldProblem("unknown_field")] for name in data.keys() - CHOSEN.keys()}
    found: dict[str, Any] = {}
    for name, read in CHOSEN.items():
        try:
            found[name] = read(data.get(name))
        except ValidationError as refused:
            errors[name] = [(wrong.params or {})["problem"] for wrong in refused.error_list]
    if errors:
        raise InvalidFilters(errors)
    return found["asin"], found["units"]


CHOSEN: Mapping[str, Any] = {
    "asin": partial(read_text, longest=LONGEST_ASIN),
    "units": NumberField(low=1, high=MOST_UNITS, whole=True, localize=False).clean,
}
