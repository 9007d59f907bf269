"""Mes Niches: kept questions, the form, its price and its refusals."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from django_q.models import OrmQ

from discovery.models import Niche, Run, TokenLedgerEntry
from discovery.niches.service import (
    Place,
    create_example_niches,
    create_niche,
    move_niche,
)
from discovery.niches.templates import NicheTemplate, templates_for
from discovery.pages.niches.filter_fields import FLAG_NAMES
from discovery.search.request import read_filters
from discovery.tasks import forget_deleted_niches

pytestmark = pytest.mark.django_db

Visitor = Callable[..., Any]
ASKED = {
    "marketplace": "us",
    "category": "Books",
    "bsr_min": "10 000",
    "bsr_max": "50 000",
    "profile": "equilibre",
    "max_results": "20",
}


def kept(owner: Any, name: str = "Books", **changes: Any) -> Niche:
    asked = {"marketplace": "us", "categories": ["Books"], "bsr_range": [10_000, 50_000]}
    return create_niche(owner=owner, name=name, filters=read_filters(asked | changes))


def test_a_new_user_is_told_how_to_begin(client_of: Visitor) -> None:
    page = client_of().get("/niches/")
    assert page.status_code == 200
    assert "Garder cette niche" in page.content.decode()


def test_the_examples_are_cards_in_words(client_of: Visitor) -> None:
    anne = client_of()
    create_example_niches(owner=anne.user)
    text = anne.get("/niches/").content.decode()
    assert text.count("/lancer/") == 3
    assert "Jeux et Jouets" in text


def test_more_niches_need_no_more_statements(client_of: Visitor) -> None:
    anne = client_of()

    def statements() -> int:
        with CaptureQueriesContext(
            connection,
        ) as seen:
            anne.get("/niches/")
        return len(seen)

    for number in range(3):
        kept(anne.user, f"n{number}")
    few = statements()
    for number in range(20):
        kept(anne.user, f"m{number}")
    assert statements() == few


def test_a_search_is_queued_with_its_row(client_of: Visitor) -> None:
    anne = client_of()
    answer = anne.post("/niches/recherche/", ASKED | {"action": "run"})
    run = Run.objects.get()
    assert answer.status_code == 302
    assert answer["Location"] == f"/niches/recherche/{run.pk}/"
    assert (run.owner, run.state, run.max_results) == (anne.user, Run.State.QUEUED, 20)
    assert run.filters["bsr_min"] == 10_000
    assert OrmQ.objects.count() == 1


def test_the_price_is_told_before_anything_is_spent(client_of: Visitor) -> None:
    text = client_of().post("/niches/devis/", ASKED).content.decode()
    assert "jetons" in text
    assert not TokenLedgerEntry.objects.exists()


def test_a_question_is_kept_under_its_name(client_of: Visitor) -> None:
    anne = client_of()
    anne.post("/niches/recherche/", ASKED | {"action": "save", "name": "Livres <b>rapides</b>"})
    assert Niche.objects.get().name == "Livres <b>rapides</b>"
    text = anne.get("/niches/").content.decode()
    assert "Livres &lt;b&gt;rapides&lt;/b&gt;" in text
    assert "<b>rapides" not in text


REFUSED = {
    "no category": {"category": ""},
    "an unknown category": {"category": "", "subcategory": "zzqx"},
    "a reversed rank": {"bsr_min": "50 000", "bsr_max": "10 000"},
    "a negative rank": {"bsr_min": "-5"},
    "a rank that is no number": {"bsr_min": "beaucoup"},
    "a negative price": {"price_min": "-1", "price_max": "10"},
    "an unknown marketplace": {"marketplace": "narnia"},
    "an unknown profile": {"profile": "nobody"},
    "too many products": {"max_results": "10000"},
    "no product": {"max_results": "0"},
    "a name without letters": {"action": "save", "name": ""},
    "a filter that is out of bounds": {"rating_max": "9"},
    "a category left out that is unknown": {"excluded": "zzqx"},
    "an order that does not exist": {"sort": "best"},
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_makes_no_sense_is_said_in_both_languages_and_stores_nothing(
    client_of: Visitor, case: str
) -> None:
    anne = client_of()
    asked = {"action": "run"} | ASKED | REFUSED[case]
    pages = [
        anne.post("/niches/recherche/", asked, headers={"accept-language": language})
        for language in ("fr", "en")
    ]
    assert [page.status_code for page in pages] == [422, 422]
    french, english = (page.content.decode() for page in pages)
    assert "Rien n’a été cherché ni dépensé" in french
    assert "nothing was spent" in english
    assert not Run.objects.exists()
    assert not Niche.objects.exists()
    assert not OrmQ.objects.exists()
    assert not TokenLedgerEntry.objects.exists()


@pytest.mark.parametrize("address", ["/niches/?niche={pk}", "/niches/{pk}/lancer/"])
def test_nobody_elses_niche_is_to_be_had(client_of: Visitor, address: str) -> None:
    niche = kept(client_of("paul").user)
    anne = client_of("anne")
    ask = anne.post if "lancer" in address else anne.get
    assert ask(address.format(pk=niche.pk)).status_code == 404
    assert not Run.objects.exists()


def test_a_kept_niche_is_run_as_it_stands(client_of: Visitor) -> None:
    anne = client_of()
    niche = kept(anne.user)
    anne.post(f"/niches/{niche.pk}/lancer/")
    run = Run.objects.get()
    assert (run.niche, run.filters) == (niche, niche.filters)


def test_a_kept_niche_comes_back_into_the_form(client_of: Visitor) -> None:
    anne = client_of()
    niche = kept(anne.user, price_range=[15, 60])
    text = anne.get(f"/niches/?niche={niche.pk}").content.decode()
    assert 'value="15"' in text
    assert f'name="niche_id" value="{niche.pk}"' in text


def test_a_stranger_is_sent_to_the_door(client: Client) -> None:
    answer = client.get("/niches/")
    assert answer.status_code == 302
    assert answer["Location"].startswith("/login/")


# --- what else may be done with a kept niche --------------------------------------------------


def names_on(visitor: Any) -> set[str]:
    page = visitor.get("/niches/").context["page"]
    return {card.name for card in page.niches}


def test_a_niche_is_changed_not_copied(client_of: Visitor) -> None:
    anne = client_of()
    niche = kept(anne.user)
    changed = ASKED | {"action": "update", "name": "Autre nom", "niche_id": niche.pk}
    anne.post("/niches/recherche/", changed | {"bsr_max": "90 000"})
    niche.refresh_from_db()
    assert (niche.name, niche.filters["bsr_max"]) == ("Autre nom", 90_000)
    assert Niche.objects.count() == 1


def test_changing_somebody_elses_niche_changes_nothing(client_of: Visitor) -> None:
    niche = kept(client_of("paul").user, "Paul's")
    anne = client_of("anne")
    anne.post(
        "/niches/recherche/", ASKED | {"action": "update", "name": "Mine", "niche_id": niche.pk}
    )
    niche.refresh_from_db()
    assert niche.name == "Paul's"


def test_a_copy_asks_the_same_and_is_opened_for_editing(client_of: Visitor) -> None:
    anne = client_of()
    niche = kept(anne.user, "Livres")
    answer = anne.post(f"/niches/{niche.pk}/dupliquer/")
    copy = Niche.objects.exclude(pk=niche.pk).get()
    assert copy.name == "Livres (copie)"
    assert copy.filters == niche.filters
    assert answer["Location"] == f"/niches/?niche={copy.pk}#search"


def test_an_archived_niche_is_out_of_the_way_and_comes_back(client_of: Visitor) -> None:
    anne = client_of()
    niche = kept(anne.user, "Livres")
    anne.post(f"/niches/{niche.pk}/archiver/")
    assert names_on(anne) == set()
    assert "1 niche archivée" in anne.get("/niches/").content.decode()
    anne.post(f"/niches/{niche.pk}/desarchiver/")
    assert names_on(anne) == {"Livres"}


def test_a_deletion_can_be_undone(client_of: Visitor) -> None:
    anne = client_of()
    niche = kept(anne.user, "Livres")
    after = anne.post(f"/niches/{niche.pk}/supprimer/", follow=True).content.decode()
    assert f"/niches/{niche.pk}/retablir/" in after
    assert names_on(anne) == set()
    assert anne.post(f"/niches/{niche.pk}/lancer/").status_code == 404
    anne.post(f"/niches/{niche.pk}/retablir/")
    assert names_on(anne) == {"Livres"}


def test_what_was_deleted_a_week_ago_is_forgotten_and_its_searches_stay(
    client_of: Visitor,
) -> None:
    anne = client_of()
    now = timezone.now()
    old, fresh = kept(anne.user, "old"), kept(anne.user, "fresh")
    move_niche(niche=old, to=Place.DELETED, now=now - timedelta(days=8))
    move_niche(niche=fresh, to=Place.DELETED, now=now - timedelta(days=1))
    run = Run.objects.create(owner=anne.user, niche=old, filters={}, max_results=5)
    assert forget_deleted_niches() == 1
    assert list(Niche.objects.all()) == [fresh]
    run.refresh_from_db()
    assert run.niche is None


@pytest.mark.parametrize(
    "action", ["dupliquer", "archiver", "desarchiver", "supprimer", "retablir"]
)
def test_nobody_touches_another_ones_niche(client_of: Visitor, action: str) -> None:
    niche = kept(client_of("paul").user)
    if action == "retablir":
        move_niche(niche=niche, to=Place.DELETED, now=timezone.now())
    before = Niche.objects.values().get()
    assert client_of("anne").post(f"/niches/{niche.pk}/{action}/").status_code == 404
    assert Niche.objects.values().get() == before


@pytest.mark.parametrize("template", templates_for("fr"), ids=lambda one: one.slug)
def test_every_template_fills_in_the_form_and_is_a_valid_question(
    client_of: Visitor, template: NicheTemplate
) -> None:
    page = client_of().get("/niches/", {"template": template.slug})
    form = page.context["page"].form
    assert form["marketplace"].value() == template.filters.marketplace
    assert form["name"].value()
    posted = {name: form[name].value() or "" for name in form.fields}
    posted |= {name: "on" for name in FLAG_NAMES if form[name].value()}
    answer = client_of().post("/niches/recherche/", posted | {"action": "save"})
    assert answer.status_code == 302
    assert Niche.objects.get().filters == template.filters.canonical()


@pytest.mark.parametrize(
    "asked",
    ["[" * 9_000, "5", '"marketplace"', '{"marketplace": "us", "price_min": "1e999999"}',
     '{"marketplace": "us", "title": "\\ud800"}', '{"marketplace": "us", "brand": {}}']
)  # fmt: skip
def test_nonsense_in_the_address_leaves_the_form_empty(client_of: Visitor, asked: str) -> None:
    page = client_of().get("/niches/", {"asked": asked})
    assert page.status_code == 200
    assert page.context["page"].form["bsr_min"].value() is None


def test_the_template_of_used_books_selects_the_profile_of_used_goods(client_of: Visitor) -> None:
    page = client_of().get("/niches/", {"template": "livres-occasion-rapides"})
    assert page.context["page"].form["profile"].value() == "occasion"
    assert '<option value="occasion" selected>' in page.content.decode()
    other = client_of().get("/niches/", {"template": "animalerie"})
    assert other.context["page"].form["profile"].value() == "equilibre"


def test_there_are_enough_templates_to_start_from() -> None:
    for marketplace in ("fr", "us", "de", "uk", "it", "es"):
        templates = templates_for(marketplace)
        assert len(templates) >= 10
        assert len({template.filters.cache_key for template in templates}) == len(templates)


def test_a_question_the_profile_cannot_meet_is_said_before_it_is_paid_for(
    client_of: Visitor,
) -> None:
    asked = ASKED | {"price_min": "1", "price_max": "4"}
    text = client_of().post("/niches/devis/", asked).content.decode()
    assert "aucun produit ne peut être «\N{NO-BREAK SPACE}Acheter\N{NO-BREAK SPACE}»" in text
    assert "forewarnings" not in client_of().post("/niches/devis/", ASKED).content.decode()
