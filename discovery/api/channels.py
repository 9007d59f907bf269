"""Channels of alerts over the API: an address goes in, is sealed, and is never told again."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import get_language
from django.views.decorators.debug import sensitive_variables
from ninja import Router, Schema
from ninja.responses import Status
from pydantic import Field

from discovery.api.auth import caller_of
from discovery.api.created import created
from discovery.api.fields import Body, words
from discovery.api.idempotency import idempotent
from discovery.api.parameters import example
from discovery.api.schemas import WRITING_REFUSALS, Problem
from discovery.models import AlertChannel
from discovery.sourcing.alerts import channels, queries
from discovery.sourcing.alerts.sender.services import LONGEST

router = Router(tags=["alerts"])
REFUSALS = WRITING_REFUSALS | {409: Problem}
CHANNEL: dict[str, Any] = {
    "id": 2, "name": "My phone", "kind": "ntfys", "address": "ntfys://…", "active": True,
    "created_at": "2026-11-01T08:00:00Z", "worked_at": "2026-11-20T08:00:04Z", "failed_at": None,
}  # fmt: skip
BODY = Body(
    "Channel",
    {
        "name": words("What to call it.", longest=60).required,
        "address": words(
            "As apprise writes it, such as `ntfys://TOPIC`; it is stored sealed.", longest=LONGEST
        ).required,
    },
    {"name": "My phone", "address": "ntfys://TOPIC"},
)


class ChannelAnswer(Schema):
    """A channel; of its address only the kind and the ends of the host are told."""

    model_config = example(**CHANNEL)
    id: int
    name: str
    kind: str
    address: str = Field(description="Empty: it can no longer be read, enter it again.")
    active: bool
    created_at: datetime
    worked_at: datetime | None
    failed_at: datetime | None


class ChannelsAnswer(Schema):
    """The caller's channels by name; at most ten."""

    model_config = example(channels=[CHANNEL])
    channels: list[ChannelAnswer]


@router.get("", response={200: ChannelsAnswer} | REFUSALS, summary="Your channels")
def list_channels(request: HttpRequest) -> dict[str, Any]:
    """The caller's channels by name."""
    mine = channels.channels_of(owner=caller_of(request))
    return {"channels": [_answer(one.channel, one.shown) for one in mine]}


@router.post(
    "",
    response={201: ChannelAnswer} | REFUSALS,
    openapi_extra=BODY.openapi,
    summary="Add a channel",
)
@idempotent
def create_channel(request: HttpRequest, response: HttpResponse) -> Status[dict[str, Any]]:
    """Store a channel once its address was looked at; nothing is sent yet."""
    made = _added(request)
    return created(response, _shown(made), read_by="get_channel", at=(made.pk,))


@router.get("/{channel_id}", response={200: ChannelAnswer} | REFUSALS, summary="A channel")
def get_channel(request: HttpRequest, channel_id: int) -> dict[str, Any]:
    """One of the caller's channels."""
    return _shown(_mine(request, channel_id))


@router.delete("/{channel_id}", response={204: None} | REFUSALS, summary="Delete a channel")
def delete_channel(request: HttpRequest, channel_id: int) -> Status[None]:
    """Remove a channel, with what was still to be sent over it."""
    channels.delete_channel(channel=_mine(request, channel_id))
    return Status(204, None)


@router.post(
    "/{channel_id}/pause", response={200: ChannelAnswer} | REFUSALS, summary="Pause a channel"
)
def pause_channel(request: HttpRequest, channel_id: int) -> dict[str, Any]:
    """Send nothing over it until it goes on."""
    channels.turn_channel(channel=_mine(request, channel_id), on=False)
    return _shown(_mine(request, channel_id))


@router.post(
    "/{channel_id}/resume", response={200: ChannelAnswer} | REFUSALS, summary="Use it again"
)
def resume_channel(request: HttpRequest, channel_id: int) -> dict[str, Any]:
    """Send over it again; what fell due meanwhile is not caught up."""
    channels.turn_channel(channel=_mine(request, channel_id), on=True)
    return _shown(_mine(request, channel_id))


@router.post(
    "/{channel_id}/test", response={200: ChannelAnswer} | REFUSALS, summary="Test a channel"
)
@idempotent
def test_channel(request: HttpRequest, channel_id: int) -> dict[str, Any]:
    """Send a test message now; 409 with the reason where it does not arrive."""
    mine, now = _mine(request, channel_id), timezone.now()
    channels.try_channel(channel=mine, language=get_language() or "", now=now)
    return _shown(_mine(request, channel_id))


@sensitive_variables("said")
def _added(request: HttpRequest) -> AlertChannel:
    said = BODY.read(request)
    return channels.add_channel(owner=caller_of(request), **said)


def _mine(request: HttpRequest, channel_id: int) -> AlertChannel:
    found = queries.channel_of(user=caller_of(request), pk=channel_id)
    if found is None:
        raise Http404
    return found


def _shown(channel: AlertChannel) -> dict[str, Any]:
    return _answer(channel, channels.shown_address(channel))


def _answer(channel: AlertChannel, shown: str) -> dict[str, Any]:
    names = ("name", "created_at", "worked_at", "failed_at")
    return {name: getattr(channel, name) for name in names} | {
        "id": channel.pk,
        "kind": channel.scheme,
        "address": shown,
        "active": channel.is_active,
    }
