"""An id in the body or the question of a call of the API reaches nothing of somebody else's.

The names come from the OpenAPI document: a new one that is in none of the tables here fails.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

import pytest
from django.db import transaction
from django.test import Client

from analytics.api import api
from discovery.accounts.api_tokens import create_api_token
from discovery.api.bodies import NICHE_FILTERS
from tests.arbvault.matrix.belongings import Belongings
from tests.arbvault.matrix.walks import rows
from tests.discovery.api.shelf import fields, send
from tests.discovery.products.test_pages import ASIN, stored

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("_walked", "asked_of_keepa")]

Said = dict[str, Any]
FILTERS: Said = {
    "marketplace": "us", "root_categories": [283155], "bsr_min": 10_000, "bsr_max": 50_000,
}  # fmt: skip
JOB: Said = {"name": "A job", "source": "deals", "marketplace": "us", "criteria": {}, "times": []}
OF_A_NICHE: Said = JOB | {"source": "niche"}

THINGS: dict[str, Callable[[Belongings], Any]] = {
    "profile": lambda his: his.profile.slug,
    "from": lambda his: his.profile.slug,
    "niche": lambda his: his.niche.pk,
    "job": lambda his: his.job.pk,
    "picks": lambda his: [his.pick.pk],
    "with": lambda his: str(his.search.pk),
}


@dataclass(frozen=True, slots=True)
class Named:
    """A call that takes the id of a thing, what else it is told, and how it refuses others'."""

    method: str
    route: str
    name: str
    said: Said = field(default_factory=dict)
    query: Said = field(default_factory=dict)
    status: int = 422


PRODUCT = "/products/{asin}"
US: Said = {"marketplace": "us"}
NAMED = [
    Named("POST", "/products/discover-with-scoring", "profile", {"asins": [ASIN]} | US),
    Named("GET", PRODUCT, "profile", query=US),
    Named("POST", f"{PRODUCT}/check", "profile", query=US),
    Named("POST", f"{PRODUCT}/calculate", "profile", {"cost": 3}, US),
    Named("POST", f"{PRODUCT}/decisions", "profile", {"kind": "bought", "price": 3}, US),
    Named("PUT", f"{PRODUCT}/cost", "profile", {"cost": 3}, US),
    Named("GET", "/favourites", "profile"),
    Named("POST", "/purchases", "profile", {"asin": ASIN, "cost": 3} | US),
    Named("GET", "/lookup", "profile", query={"q": ASIN}),
    Named("POST", "/lookup", "profile", {"q": ASIN}),
    Named("POST", "/jobs", "profile", JOB),
    Named("POST", "/jobs/forecast", "profile", JOB),
    Named("PUT", "/jobs/{job_id}", "profile", JOB),
    Named("POST", "/jobs", "niche", OF_A_NICHE),
    Named("POST", "/jobs/forecast", "niche", OF_A_NICHE),
    Named("PUT", "/jobs/{job_id}", "niche", OF_A_NICHE),
    Named("POST", "/niches", "profile", {"name": "A niche", "filters": FILTERS}),
    Named("POST", "/niches/quote", "profile", {"filters": FILTERS}),
    Named("PUT", "/niches/{niche_id}", "profile", {"name": "A niche", "filters": FILTERS}),
    Named("POST", "/runs", "profile", {"filters": FILTERS}),
    Named("POST", "/lists", "profile", {"text": ASIN} | US),
    Named("PUT", "/lists/{run_id}/corrections", "profile", US),
    Named("PUT", "/me/preferences", "profile"),
    Named("POST", "/profiles", "from", {"name": "Mine"}),
    Named("POST", "/picks/decisions", "picks", {"decision": "ignored"}, status=404),
    Named("GET", "/runs/{run_id}/compare", "with", status=404),
    # What narrows a list down to a thing of somebody else's finds nothing.
    Named("GET", "/runs", "niche", status=200),
    Named("GET", "/runs", "job", status=200),
    Named("GET", "/picks", "job", status=200),
    Named("GET", "/picks/export.csv", "job", status=200),
]
# All else that calls are told, besides the conditions of a niche: none of it is a key.
NO_KEYS_IN_WORDS = """
    address alert_rule answer asin asins bought_on by_email cache_alert corrections cost cost_kind
    cost_kinds cost_vat costs criteria cursor daily_cap days decided decision description detail
    digest_at dir email expires_at file filters format given gone grade hide_ignored kept kind
    known_cost limit links mark marketplace max_results name note own_shipping parent pick_class
    place price products profit_min q quantity query quiet_from quiet_until received revision
    roi_min role runs_jobs scopes scored search_finished seen series settings shared sold_on sort
    source spread state stock text time_zone times title units unread until uses_idle_tokens verdict
    wait weekdays
"""
NO_KEYS = {*NO_KEYS_IN_WORDS.split(), *NICHE_FILTERS}


def told() -> set[tuple[str, str, str]]:
    """Method, route and name of all that calls are told, from the OpenAPI document."""
    document: Any = api.get_openapi_schema()
    shared = document["components"]["parameters"]
    found = set()
    for path, calls in document["paths"].items():
        for method, call in calls.items():
            names = set()
            for parameter in call["parameters"]:
                parameter = shared.get(parameter.get("$ref", "").rpartition("/")[2], parameter)
                if parameter["in"] == "query":
                    names.add(parameter["name"])
            for content in call.get("requestBody", {}).get("content", {}).values():
                schema = content["schema"]
                for one in schema.get("oneOf", [schema]):
                    names |= set(one.get("properties", {}))
            route = path.removeprefix("/api/v1")
            found |= {(method.upper(), route, name) for name in names}
    return found


def test_every_name_that_calls_are_told_is_known_to_be_a_key_or_none() -> None:
    """A new name goes into ``NO_KEYS``, or, if it names somebody's thing, into ``NAMED``."""
    found = {one for one in told() if one[2] not in NO_KEYS}
    assert found == {(one.method, one.route, one.name) for one in NAMED}


def ask(program: Client, named: Named, *, caller: Belongings, owner: Belongings) -> Any:
    """The answer to the caller's own call that names a thing of the owner's."""
    of_lists = named.route.startswith("/lists/")
    route = named.route.format(
        asin=ASIN,
        job_id=caller.job.pk,
        niche_id=caller.niche.pk,
        run_id=caller.draft.pk if of_lists else caller.search.pk,
    )
    thing = {named.name: THINGS[named.name](owner)}
    query = named.query | (thing if named.method == "GET" else {})
    body = None if named.method == "GET" else named.said | thing
    return send(program, named.method, f"{route}?{urlencode(query)}", body)


def is_empty(answer: Any) -> bool:
    """Whether a list, or a file below its headings, holds nothing."""
    if answer["Content-Type"].startswith("text/csv"):
        return len(answer.getvalue().splitlines()) == 1
    return not any(answer.json().values())


def test_no_id_that_travels_reaches_what_is_somebody_elses(
    anne: Belongings, paul: Belongings
) -> None:
    stored()
    program = Client(headers={"authorization": f"Bearer {create_api_token(user=anne.user)[1]}"})
    program.get("/api/v1/me")  # notes the token's use
    before, wrong = rows(), []
    for named in NAMED:
        answer = ask(program, named, caller=anne, owner=paul)
        if answer.status_code != named.status:
            wrong.append((named, answer.status_code, answer.content[:300]))
        elif named.status == 422:
            # Refused for that, and for nothing else.
            assert fields(answer) == {"profile" if named.name == "from" else named.name}, named
        elif named.status == 200:
            assert is_empty(answer), named
    assert wrong == []
    assert rows() == before


def test_the_same_calls_pass_with_ones_own(anne: Belongings) -> None:
    stored()
    program = Client(headers={"authorization": f"Bearer {create_api_token(user=anne.user)[1]}"})
    refused = []
    for named in NAMED:
        savepoint = transaction.savepoint()
        answer = ask(program, named, caller=anne, owner=anne)
        transaction.savepoint_rollback(savepoint)
        # 502: on to Keepa, which refuses. And nothing is compared with itself.
        if answer.status_code not in {200, 201, 202, 502} and named.name != "with":
            refused.append((named, answer.status_code, answer.content[:300]))
    assert refused == []
