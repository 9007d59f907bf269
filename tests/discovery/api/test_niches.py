"""``/api/v1/niches``: kept, changed, put away, brought back, shared, priced and searched."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import User

from discovery.models import Niche, Run
from discovery.profiles.service import active_profile, copy_profile, profile_named
from tests.discovery.api.conftest import Ask
from tests.discovery.builders import finished_run

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("shipped_profiles")]

FILTERS: dict[str, Any] = {
    "marketplace": "fr", "categories": ["Livres"], "bsr_range": [10_000, 50_000],
    "price_min": 12.5, "amazon_absent": True,
}  # fmt: skip
NICHE: dict[str, Any] = {
    "name": "Livres", "filters": FILTERS, "profile": "prudent", "max_results": 80,
}  # fmt: skip


def test_a_niche_is_kept_read_and_sent_back_unchanged(call: Ask, anne: User) -> None:
    made = call("POST", "/niches", NICHE)
    assert made.status_code == 201
    answer = made.json()
    niche = Niche.objects.get()
    assert (niche.owner, niche.max_results, answer["profile"]) == (anne, 80, "prudent")
    assert call("GET", f"/niches/{niche.pk}").json() == answer
    assert call("GET", "/niches").json() == {"niches": [answer], "next": None}
    told = {name: answer[name] for name in NICHE}
    changed = call("PUT", f"/niches/{niche.pk}", told).json()
    assert {**changed, "updated_at": ""} == {**answer, "updated_at": ""}
    assert call("PUT", f"/niches/{niche.pk}", told | {"name": ""}).status_code == 422
    unknown = call("PUT", f"/niches/{niche.pk}", told | {"profile": "nobodys"})
    assert (unknown.status_code, unknown.json()["code"]) == (422, "unknown_profile")


def test_a_niche_is_archived_deleted_and_brought_back(call: Ask, anne: User) -> None:
    pk = call("POST", "/niches", NICHE).json()["id"]
    assert call("POST", f"/niches/{pk}/archive").json()["archived"]
    assert call("GET", "/niches").json()["niches"] == []
    assert [one["id"] for one in call("GET", "/niches?kept=archived").json()["niches"]] == [pk]
    assert not call("POST", f"/niches/{pk}/unarchive").json()["archived"]
    assert call("DELETE", f"/niches/{pk}").status_code == 204
    assert call("GET", f"/niches/{pk}").status_code == 404
    assert call("POST", f"/niches/{pk}/restore").json()["id"] == pk
    assert call("POST", f"/niches/{pk}/restore").status_code == 404


def test_a_page_of_niches_takes_as_many_statements_however_many_there_are(
    call: Ask, anne: User, django_assert_max_num_queries: Any
) -> None:
    for number in range(8):
        pk = call("POST", "/niches", NICHE | {"name": f"N{number}"}).json()["id"]
        finished_run(owner=anne, products=[], niche_id=pk)
    with django_assert_max_num_queries(5):  # who, how often; niches, runs, categories
        page = call("GET", "/niches").json()
    assert all(niche["last_run"] for niche in page["niches"])
    first = call("GET", "/niches?limit=5").json()
    second = call("GET", f"/niches?limit=5&cursor={first['next']}").json()
    names = [niche["name"] for niche in first["niches"] + second["niches"]]
    assert names == [f"N{number}" for number in reversed(range(8))]


def test_a_shared_niche_is_read_copied_and_searched_as_ones_own(
    call: Ask, anne: User, keepa: Any
) -> None:
    paul = User.objects.create_user("paul")
    own = copy_profile(profile=profile_named(slug=None, user=None), name="P", owner=paul)
    pk = call("POST", "/niches", NICHE).json()["id"]
    Niche.objects.update(owner=paul, profile=own)
    for method, action in (("GET", ""), ("POST", "/duplicate"), ("POST", "/run")):
        assert call(method, f"/niches/{pk}{action}").status_code == 404
    Niche.objects.update(shared=True)
    (told,) = call("GET", "/niches?kept=shared").json()["niches"]
    assert (told["owner"], told["is_own"], told["profile"]) == ("paul", False, None)
    for method, action in (
        ("PUT", ""), ("DELETE", ""), ("POST", "/archive"), ("POST", "/share"), ("POST", "/unshare"),
    ):  # fmt: skip
        assert call(method, f"/niches/{pk}{action}", NICHE).status_code == 404
    copied = call("POST", f"/niches/{pk}/duplicate")
    assert (copied.status_code, copied.json()["is_own"]) == (201, True)
    ran = call("POST", f"/niches/{pk}/run")
    assert ran.status_code == 202
    run = Run.objects.get()
    assert (run.owner, run.niche, run.name) == (anne, None, "Livres")
    assert run.profile_id == active_profile(user=anne).pk


def test_ones_own_niche_is_shared_and_taken_back(call: Ask) -> None:
    pk = call("POST", "/niches", NICHE).json()["id"]
    assert call("POST", f"/niches/{pk}/share").json() == {"shared": True}
    assert call("GET", f"/niches/{pk}").json()["shared"]
    assert call("POST", f"/niches/{pk}/unshare").json() == {"shared": False}


def test_a_template_can_be_kept_as_it_is_answered(call: Ask) -> None:
    found = call("GET", "/niches/templates?marketplace=fr").json()["templates"]
    asked = {name: found[0][name] for name in ("name", "filters", "profile")}
    assert call("POST", "/niches", asked).status_code == 201
    assert call("GET", "/niches/templates?marketplace=xx").status_code == 422
