"""What was made over the API is read at the address that is told with it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import User

from discovery.accounts.api_tokens import create_api_token
from discovery.models import Scope
from discovery.sourcing.alerts import channels
from tests.discovery.api.shelf import caller_with, send
from tests.discovery.api.test_alerts import channel_of
from tests.discovery.api.test_description import CALLS
from tests.discovery.builders import build_job
from tests.discovery.niches.test_sharing import niche_of
from tests.discovery.products.buying import LAMP, buy
from tests.discovery.products.test_pages import ASIN, stored

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("shipped_profiles")]
NICHE = {
    "name": "Books",
    "filters": {"marketplace": "us", "categories": ["Books"], "bsr_range": [1, 50_000]},
}
Made = tuple[str, dict[str, Any]]  # an address and what is sent there
MADE: dict[str, Callable[[User], Made]] = {
    "jobs_create_job": lambda _: (
        "/jobs", {"name": "Drops", "source": "deals", "marketplace": "fr"}
    ),
    "jobs_copy_job": lambda boss: (f"/jobs/{build_job(owner=boss).pk}/copy", {}),
    "niches_create_niche": lambda _: ("/niches", NICHE),
    "niches_duplicate_niche": lambda boss: (
        f"/niches/{niche_of(boss).pk}/duplicate", {}
    ),
    "purchases_create_purchase": lambda _: (
        "/purchases", {"asin": LAMP, "marketplace": "fr", "cost": 12.5, "quantity": 3}
    ),
    "sales_create_sale": lambda boss: (
        f"/purchases/{buy(boss, '10', 2).pk}/sales", {"quantity": 1, "price": 30}
    ),
    "decisions_decide_on": lambda _: (
        f"/products/{stored().asin}/decisions", {"kind": "note", "note": "Too large."}
    ),
    "saved_filters_save_filter": lambda _: (
        "/saved-filters", {"name": "Quick", "query": "roi_min=30"}
    ),
    "profiles_copy_profile": lambda _: ("/profiles", {"from": "equilibre", "name": "Mine"}),
    "lists_give_list": lambda _: ("/lists", {"marketplace": "us", "text": f"ASIN\n{ASIN}\n"}),
    "alerts_create_channel": lambda _: (
        "/alerts/channels", {"name": "phone", "address": "ntfys://my-secret-topic"}
    ),
    "account_create_token": lambda _: ("/me/tokens", {"name": "My script"}),
    "members_invite_member": lambda _: ("/members", {"name": "paul"}),
}  # fmt: skip


def test_every_call_that_makes_something_is_asked_here() -> None:
    assert MADE.keys() == {
        call["operationId"] for call in CALLS.values() if "201" in call["responses"]
    }


@pytest.mark.parametrize("name", MADE)
def test_its_address_is_told_and_again_with_the_key_of_the_call(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Whether a channel's address is one is asked of a resolver of names.
    monkeypatch.setattr(channels, "add_channel", lambda *, owner, **_said: channel_of(owner))
    boss = User.objects.create_superuser("boss")
    caller = caller_with(create_api_token(user=boss, scopes=tuple(Scope))[1])
    address, body = MADE[name](boss)
    made = send(caller, "POST", address, body, **{"idempotency-key": "k"})
    assert made.status_code == 201, made.content
    told = made.json().get("member", made.json())
    read = send(caller, "GET", made["Location"].removeprefix("/api/v1"))
    assert read.status_code == 200
    if "slug" in told:
        assert read.json()["slug"] == told["slug"]
    else:
        assert read.json()["id"] == told["id"]
    again = send(caller, "POST", address, body, **{"idempotency-key": "k"})
    if again.headers.get("Idempotent-Replayed"):
        assert again["Location"] == made["Location"]
        assert again.json() == made.json()
    else:
        assert name in {"account_create_token", "members_invite_member"}
