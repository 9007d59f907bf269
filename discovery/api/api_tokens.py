"""The caller's own API tokens: listed, revoked, and made no wider than the one that asks."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from ninja import Router, Schema
from ninja.responses import Status
from pydantic import Field

from discovery.accounts import api_tokens, own_tokens
from discovery.api.auth import caller_of
from discovery.api.created import created
from discovery.api.fields import Body, choice, moment, refuse, several, words
from discovery.api.parameters import example
from discovery.api.schemas import ANY_REFUSALS, WRITING_REFUSALS, Problem
from discovery.api.scopes import held_scopes
from discovery.models import ApiToken, Scope

router = Router(tags=["account"])
REFUSALS = WRITING_REFUSALS | {409: Problem}
LONGEST_NAME = 80
ScopeName = Literal["read", "search", "admin"]
TOKEN: dict[str, Any] = {
    "id": 5, "name": "My script", "prefix": "arb_x3Vd9Kq2", "scopes": ["read"],
    "created_at": "2026-11-01T08:00:00Z", "expires_at": "2027-02-01T00:00:00Z",
    "last_used_at": None, "revoked_at": None,
}  # fmt: skip
BODY = Body(
    "Token",
    {
        "name": words("What it is for.", longest=LONGEST_NAME).required,
        "scopes": several(
            "None that the caller has not; left out: `read` alone.",
            choice("A scope.", Scope.values),
            most=len(Scope),
        ),
        "expires_at": moment("When it ends; never later than the token that asks."),
    },
    {"name": "My script", "scopes": ["read"], "expires_at": "2027-02-01T00:00:00Z"},
)


class TokenRowAnswer(Schema):
    """A token, by what it begins with: its text is not kept."""

    model_config = example(**TOKEN)
    id: int
    name: str
    prefix: str
    scopes: list[ScopeName]
    created_at: datetime
    expires_at: datetime | None
    last_used_at: datetime | None
    revoked_at: datetime | None


class NewTokenAnswer(TokenRowAnswer):
    """The new token; its text is told this once."""

    model_config = example(**TOKEN, text="arb_x3Vd9Kq2…")
    text: str = Field(description="What to send as a Bearer token.")


class TokenRowsAnswer(Schema):
    """The caller's tokens, the usable ones first."""

    model_config = example(tokens=[TOKEN])
    tokens: list[TokenRowAnswer]


@router.get("", response={200: TokenRowsAnswer} | ANY_REFUSALS, summary="Your API tokens")
def list_tokens(request: HttpRequest) -> dict[str, Any]:
    """The caller's tokens, the usable ones first, then those revoked."""
    mine = api_tokens.api_tokens_of(owner=caller_of(request))
    return {"tokens": [_answer(token) for token in mine]}


# No Idempotency-Key here: its answer would be kept, and with it the text of the token.
@router.post(
    "",
    response={201: NewTokenAnswer} | REFUSALS,
    openapi_extra=BODY.openapi,
    summary="Make an API token",
)
def create_token(request: HttpRequest, response: HttpResponse) -> Status[dict[str, Any]]:
    """Make a token with no more scopes, and no longer a life, than the one that asks."""
    user, said = caller_of(request), BODY.read(request)
    if said["expires_at"] is not None and said["expires_at"] <= timezone.now():
        raise refuse("expires_at", _("This moment is past."))
    scheme, _space, bearer = request.headers.get("Authorization", "").partition(" ")
    try:
        made, text = own_tokens.make_token(
            user=user,
            name=said["name"],
            scopes={Scope(scope) for scope in said["scopes"]} or {Scope.READ},
            expires_at=said["expires_at"],
            held=held_scopes(user),
            bearer=bearer.strip() if scheme.lower() == "bearer" else "",
        )
    except own_tokens.TokenTooWide as error:
        raise refuse(error.field, error) from None
    answer = _answer(made) | {"text": text}
    return created(response, answer, read_by="get_token", at=(made.pk,))


@router.get("/{token_id}", response={200: TokenRowAnswer} | REFUSALS, summary="An API token")
def get_token(request: HttpRequest, token_id: int) -> dict[str, Any]:
    """One of the caller's tokens."""
    return _answer(_mine(request, token_id))


@router.delete("/{token_id}", response={204: None} | REFUSALS, summary="Revoke an API token")
def revoke_token(request: HttpRequest, token_id: int) -> Status[None]:
    """Refuse one of the caller's tokens from now on; the one that asks may be it."""
    api_tokens.revoke(token=_mine(request, token_id), now=timezone.now())
    return Status(204, None)


def _mine(request: HttpRequest, token_id: int) -> ApiToken:
    mine = api_tokens.api_tokens_of(owner=caller_of(request))
    found = mine.filter(pk=token_id).first()
    if found is None:
        raise Http404
    return found


def _answer(token: ApiToken) -> dict[str, Any]:
    names = (
        "name", "prefix", "scopes", "created_at", "expires_at", "last_used_at", "revoked_at",
    )  # fmt: skip
    return {name: getattr(token, name) for name in names} | {"id": token.pk}
