"""Nobody reaches what is somebody else's by an id that travels in a form, a body or a question.

The names come from the source: a new one without a rule here fails. What an address names by
itself is in ``test_matrix.py``.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings

from discovery.models import Niche, Run
from discovery.profiles.service import active_profile
from tests.arbvault.matrix.belongings import Belongings, in_browser
from tests.arbvault.matrix.walks import rows

pytestmark = pytest.mark.django_db

ASKED = {
    "marketplace": "us", "category": "Books", "bsr_min": "10000", "bsr_max": "50000",
    "profile": "equilibre", "max_results": "20", "name": "Mine",
}  # fmt: skip

# "pk" is a second factor's: tests/discovery/accounts/test_second_factor.py removes nobody else's.
NAMES_OF_THINGS = {
    "asin", "avec", "deleted", "job", "line", "niche", "niche_id", "only", "pk", "profile", "run",
    "token",
}  # fmt: skip
# All that else is read from a form or an address: numbers, words, choices, none of them a key.
# Not among them are the conditions of a niche, whose fields are made from a table of conditions.
OTHERS = {
    "action", "address", "answer", "answers", "archives", "asked", "back", "bought_on",
    "bsr_max", "by", "by_email", "cache_alert", "category", "class", "column", "cost",
    "cost_vat", "currency", "daily_cap", "days", "decided", "decision", "density",
    "description", "digest_at", "dir", "email", "excluded", "file", "format", "gone", "goods",
    "grade", "heading_row", "hide_ignored", "id", "identifier", "in", "key", "kind",
    "known_cost", "lasts", "mark", "marketplace", "name", "next", "note", "pack", "pack_priced",
    "page", "pattern", "place", "price", "price_max", "profit_min", "q", "quantity", "query",
    "quiet_from", "quiet_until", "rate", "received", "regime", "revision", "roi_min", "role",
    "scope", "scopes", "scored", "search_finished", "seen", "setting", "sheet", "shipping",
    "sold_on", "sort", "source", "span", "stock", "subcategory", "team", "template", "text",
    "time_zone", "title", "units", "until", "verdict", "wanted", "window", "words",
}  # fmt: skip
# What proves who one is.
OTHERS |= {"again", "code", "credential", "password", "second"}
# Those of the form of a job.
OTHERS |= {
    "alert_cool_down", "alert_profit", "alert_roi", "cost_kinds", "daily_cap", "drop_percent",
    "filters", "max_results", "price_min", "sellers", "times", "weekdays",
}  # fmt: skip
READ_FROM = {"request.POST", "request.GET", "asked", "data", "self.data"}


def names_read(path: Path) -> Iterator[str]:
    """The names that a module reads from what it is sent, those of its forms' fields included."""
    for node in ast.walk(ast.parse(path.read_text())):
        match node:
            case ast.Call(
                func=ast.Attribute(value=source, attr="get" | "getlist"),
                args=[ast.Constant(value=str(name)), *_],
            ) if ast.unparse(source) in READ_FROM:
                yield name
            case ast.Compare(left=ast.Constant(value=str(name)), comparators=[source]) if (
                ast.unparse(source) in READ_FROM
            ):
                yield name
            case ast.ClassDef(body=body):
                for field in body:
                    match field:
                        case ast.Assign(targets=[ast.Name(id=name)], value=ast.Call(func=made)) if (
                            ast.unparse(made).endswith(("Field", "_typed"))
                        ):
                            yield name


def test_every_name_that_is_read_is_known_to_be_a_key_or_none() -> None:
    root = Path(settings.BASE_DIR)
    modules = [*root.glob("discovery/pages/**/*.py"), *root.glob("analytics/views/*.py")]
    found = {name for path in modules for name in names_read(path)}
    assert found - OTHERS == NAMES_OF_THINGS
    assert found >= OTHERS


def test_a_niche_of_somebody_else_is_neither_changed_nor_searched(
    anne: Belongings, paul: Belongings
) -> None:
    browser, before = in_browser(anne.user), rows()
    for action in ("update", "run", "save", "quote", "look_up"):
        for niche_id in (paul.niche.pk, paul.deleted.pk, 999_999, "9" * 5000, "x"):
            asked = ASKED | {"action": action, "niche_id": niche_id}
            assert browser.post("/niches/recherche/", asked).status_code == 404, asked
    assert rows() == before


def test_a_niche_of_ones_own_that_was_deleted_meanwhile_is_not_changed(anne: Belongings) -> None:
    before = rows()
    asked = ASKED | {"action": "update", "niche_id": anne.deleted.pk}
    assert in_browser(anne.user).post("/niches/recherche/", asked).status_code == 404
    del asked["niche_id"]
    assert in_browser(anne.user).post("/niches/recherche/", asked).status_code == 404
    assert rows() == before


def test_a_button_that_does_not_exist_starts_nothing(anne: Belongings) -> None:
    before = rows()
    asked = ASKED | {"action": "delete"}
    assert in_browser(anne.user).post("/niches/recherche/", asked).status_code == 400
    assert rows() == before


def test_what_an_address_names_is_ones_own_or_not_there(anne: Belongings, paul: Belongings) -> None:
    browser = in_browser(anne.user)
    hers, before = f"/niches/recherche/{anne.search.pk}", rows()
    for address in (
        f"/niches/?niche={paul.niche.pk}",
        f"/niches/?run={paul.search.pk}",
        f"{hers}/comparer/?avec={paul.search.pk}",
        f"/listes/{anne.listed.pk}/comparer/?avec={paul.listed.pk}",
    ):
        assert browser.get(address).status_code == 404, address
    # Said of one's own niche too once it is gone for good: the page stays, and offers nothing.
    for deleted in (paul.deleted.pk, paul.niche.pk, "9" * 5000):
        page = browser.get(f"/niches/?deleted={deleted}")
        assert page.status_code == 200
        assert "of paul" not in page.content.decode()
    assert rows() == before


def test_a_profile_of_somebody_else_is_as_one_that_does_not_exist(
    anne: Belongings, paul: Belongings
) -> None:
    browser, before = in_browser(anne.user), rows()
    for slug in (paul.profile.slug, "nobodys"):
        named = {"profile": slug}
        for address, data in (
            ("/niches/recherche/", ASKED | {"action": "run"} | named),
            (f"/listes/{anne.draft.pk}/relire/", {"marketplace": "us"} | named),
            (f"/listes/{anne.draft.pk}/lancer/", {"marketplace": "us"} | named),
        ):
            assert browser.post(address, data).status_code == 422, address
        answer = browser.post(
            "/api/v1/products/discover-with-scoring",
            {"asins": ["B00000PAUL"]} | named,
            content_type="application/json",
        )
        assert answer.status_code == 422
        assert answer.json()["code"] == "unknown_profile"
    assert rows() == before


def test_a_niche_whose_profile_is_no_longer_ones_own_is_not_searched_with_another(
    anne: Belongings, paul: Belongings
) -> None:
    Niche.objects.filter(pk=anne.niche.pk).update(profile=paul.profile)
    Run.objects.filter(pk=anne.search.pk).update(profile=paul.profile)
    before = rows()
    browser = in_browser(anne.user)
    for address in (
        f"/niches/{anne.niche.pk}/lancer/",
        f"{anne.search.get_absolute_url()}relancer/",
    ):
        answer = browser.post(address, follow=True)
        assert f"“{paul.profile.slug}”" in answer.content.decode()
    assert rows() == before


def test_products_of_another_ones_answer_are_not_in_ones_own(
    anne: Belongings, paul: Belongings
) -> None:
    browser, before = in_browser(anne.user), rows()
    his = {"asin": "B00000PAUL", "only": "B00000PAUL", "action": "favourite"}
    for address in (anne.search.get_absolute_url(), anne.listed.get_absolute_url()):
        for part in ("selection", "buy-box"):
            assert browser.post(f"{address}{part}/", his).status_code == 302
    line = paul.listed.lines.get()
    hers = anne.listed.lines.get()
    lines = f"{anne.listed.get_absolute_url()}lignes"
    assert browser.post(f"{lines}/{line.pk}/choisir/", his).status_code == 404
    assert browser.post(f"{lines}/{hers.pk}/choisir/", his).status_code == 404
    assert rows() == before


def test_a_cost_is_typed_in_lines_of_ones_own_alone(anne: Belongings, paul: Belongings) -> None:
    browser, before = in_browser(anne.user), rows()
    for line in (paul.search.lines.get(), paul.listed.lines.get()):
        for headers in ({}, {"hx-request": "true"}):
            asked = {"cost": "1", "line": line.pk}
            answer = browser.post(f"/produits/us/{line.asin}/cout/", asked, headers=headers)
            assert answer.status_code == 404
    # Nor in a line of one's own that holds another product.
    asked = {"cost": "1", "line": anne.search.lines.get().pk}
    assert browser.post("/produits/us/B00000PAUL/cout/", asked).status_code == 404
    assert rows() == before


def test_the_default_profile_is_the_sites_own(anne: Belongings) -> None:
    assert active_profile(user=anne.user).slug == "equilibre"
