"""What the OpenAPI document tells of each call: a name, a scope, examples, all it can answer."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from django.test import Client
from jsonschema_rs import Draft202012Validator

from analytics.api import api
from discovery.api.described import TAGS

DESCRIPTION: dict[str, Any] = json.loads(json.dumps(api.get_openapi_schema()))
CALLS = {
    f"{method.upper()} {address}": call
    for address, calls in DESCRIPTION["paths"].items()
    for method, call in calls.items()
}
every_call = pytest.mark.parametrize("name", CALLS)
# Programs are generated from these names: a call keeps its own.
KEPT = {
    "products_discover",
    "products_discover_with_scoring",
    "favourites_add",
    "favourites_remove",
    "tokens_tokens",
    "jobs_list_jobs",
    "picks_list_picks",
    "cache_health",
}


def test_the_document_is_openapi_3_1() -> None:
    assert DESCRIPTION["openapi"].startswith("3.1.")
    assert set(DESCRIPTION["components"]["securitySchemes"]) == {"BearerAuth", "SessionAuth"}
    assert DESCRIPTION["servers"]
    dangling = [name for name in re.findall(r'"\$ref": "([^"]+)"', json.dumps(DESCRIPTION))
                if target(name) is None]  # fmt: skip
    assert dangling == []


def target(reference: str) -> Any:
    found: Any = DESCRIPTION
    for part in reference.removeprefix("#/").split("/"):
        found = found.get(part) if isinstance(found, dict) else None
    return found


def test_names_are_unique_and_stay() -> None:
    names = [call["operationId"] for call in CALLS.values()]
    assert len(names) == len(set(names))
    assert set(names) >= KEPT
    assert all(re.fullmatch(r"[a-z]+(_[a-z]+)+", name) for name in names)


def test_every_tag_is_explained_and_in_order() -> None:
    told = [tag["name"] for tag in DESCRIPTION["tags"]]
    assert told == [tag for tag in TAGS if tag in told]
    assert {tag for call in CALLS.values() for tag in call["tags"]} == set(told)


@every_call
def test_a_call_says_what_it_does_and_which_scope_it_needs(name: str) -> None:
    call = CALLS[name]
    assert call["summary"].strip()
    words, _, scope = call["description"].rpartition("\n\n")
    assert len(words) > 10
    assert scope.startswith(f"Scope: `{call['x-required-scope']}`.")
    assert [*call["security"][0].values()] == [[call["x-required-scope"]]]


@every_call
def test_a_call_tells_all_it_can_answer(name: str) -> None:
    call = CALLS[name]
    expected = {"401", "403", "429", "500", "503"}
    if name.startswith("GET "):
        expected.add("304")
    if "{" in name:
        expected |= {"404", "422"}
    if "requestBody" in call:
        expected |= {"400", "413", "422"}
    assert expected <= set(call["responses"])
    for status, response in call["responses"].items():
        assert response["description"]
        assert ("Location" in response["headers"]) is (status in {"201", "202"})
        assert {"RateLimit", "RateLimit-Policy"} <= set(response["headers"])
        if status >= "400":
            assert list(response["content"]) == ["application/problem+json"]


@every_call
def test_a_call_has_an_example_of_its_body_and_of_its_answer(name: str) -> None:
    call = CALLS[name]
    contents = [
        content
        for status, response in call["responses"].items()
        if status.startswith("2")
        for content in response.get("content", {}).values()
    ]
    contents += call.get("requestBody", {}).get("content", {}).values()
    assert contents or "204" in call["responses"]
    for content in contents:
        examples = examples_of(content)
        assert examples, content
        for example in examples:
            validator(content["schema"]).validate(example)


def examples_of(content: dict[str, Any]) -> list[Any]:
    if "example" in content:
        return [content["example"]]
    if "examples" in content:
        return [example["value"] for example in content["examples"].values()]
    schema = content["schema"]
    resolved = target(schema["$ref"]) if "$ref" in schema else schema
    return list(resolved.get("examples", []))


def validator(schema: dict[str, Any]) -> Any:
    return Draft202012Validator(schema | {"components": DESCRIPTION["components"]})


# Calls that may be made twice without a key.
SET_AS_SAID = {
    # Made again they find what they were to bring about.
    "favourites_add", "favourites_mark_several", "purchases_give_import", "jobs_pause_job",
    "jobs_resume_job", "picks_mark_seen", "niches_restore_niche", "niches_archive_niche",
    "niches_unarchive_niche", "niches_share_niche", "niches_unshare_niche", "runs_cancel_run",
    "runs_share_run", "runs_unshare_run", "lists_choose_line_product", "profiles_make_default",
    "alerts_read_alerts", "alerts_pause_channel", "alerts_resume_channel",
    "members_deactivate_member", "members_reactivate_member", "members_reset_second_factor",
}  # fmt: skip
NOTHING_KEPT = {
    # They answer a question whose words do not fit into an address, and cost nothing.
    "products_calculate", "tokens_check_tokens", "jobs_forecast_job", "niches_quote_search",
    "profiles_preview",
}  # fmt: skip
SECRET = {
    # Their answer would be kept, and with it what opens an account.
    "account_create_token", "members_invite_member", "members_make_link",
}  # fmt: skip


def test_whatever_spends_or_makes_something_heeds_a_key() -> None:
    without = {
        call["operationId"]
        for name, call in CALLS.items()
        if name.startswith("POST ")
        and {"$ref": "#/components/parameters/IdempotencyKey"} not in call["parameters"]
    }
    assert without == SET_AS_SAID | NOTHING_KEPT | SECRET
    made = {call["operationId"] for call in CALLS.values() if "201" in call["responses"]}
    assert made & without <= SECRET


def test_whatever_may_take_long_can_be_waited_for() -> None:
    for name, call in CALLS.items():
        waits = any(parameter.get("name") == "wait" for parameter in call["parameters"])
        assert waits is ("202" in call["responses"]), name
        if waits:
            assert "200" in call["responses"], name


# Lists that are whole: what is in them is bounded, by the site or by a limit a caller has.
WHOLE = {
    "categories_list_categories", "links_list_sourcing_links", "sourcing_list_job_templates",
    "niches_list_templates", "saved_filters_list_filters", "alerts_list_channels",
    "account_list_tokens",
}  # fmt: skip


def test_a_list_has_its_plural_and_what_comes_next() -> None:
    whole = set()
    for name, call in CALLS.items():
        if not re.search(r"_list_|_all_", call["operationId"]):
            continue
        schema = target(call["responses"]["200"]["content"]["application/json"]["schema"]["$ref"])
        lists = [key for key, one in schema["properties"].items() if one.get("type") == "array"]
        assert lists, name
        assert all(key.endswith("s") for key in lists), name
        if "next" not in schema["properties"]:
            whole.add(call["operationId"])
            continue
        assert len(lists) == 1, name
        asked = {parameter.get("name") for parameter in call["parameters"]}
        assert {"cursor", "limit"} <= asked, name
    assert whole == WHOLE


def test_what_heeds_a_key_says_so() -> None:
    parameters = CALLS["POST /api/v1/products/discover"]["parameters"]
    assert {"$ref": "#/components/parameters/IdempotencyKey"} in parameters
    assert "409" in CALLS["POST /api/v1/products/discover"]["responses"]
    assert not any("Idempotency" in str(call["parameters"]) for name, call in CALLS.items()
                   if name.startswith("GET "))  # fmt: skip


@pytest.mark.django_db
def test_the_page_of_the_documentation_needs_nothing_from_elsewhere_and_fits_a_phone(
    client: Client, anne: Any
) -> None:
    client.force_login(anne)
    page = client.get("/api/v1/docs").content.decode()
    assert 'name="viewport"' in page
    assert 'lang="en"' in page
    assert not re.findall(r"""(?:src|href)=["'](?:https?:)?//""", page)
