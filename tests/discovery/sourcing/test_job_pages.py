"""Veilles: the page of jobs, the form that makes one, what is done with one."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from discovery.models import Run, SourcingJob, Storefront
from discovery.niches.service import create_niche
from discovery.profiles.service import ensure_shipped_profiles
from discovery.search.request import read_filters
from discovery.sourcing.templates import templates_for
from tests.discovery.builders import build_job, build_pick

pytestmark = pytest.mark.django_db

Visitor = Callable[..., Any]
ADDRESS = "/autosourcing/veilles/"
DEALS = {
    "name": "Baisses",
    "source": "deals",
    "marketplace": "fr",
    "profile": "equilibre",
    "price_type": "AMAZON",
    "drop_percent": "25",
    "span": "1",
    "price_min": "12,50",
    "pages": "1",
    "cost_kinds": ["dip", "same_listing"],
    "max_results": "100",
    "times": ["13:00", "7:30", ""],
    "weekdays": ["0", "1", "2", "3", "4"],
    "daily_cap": "500",
    "alert_on": "on",
    "alert_verdict": "BUY",
    "alert_roi": "30",
    "alert_cool_down": "24",
}


@pytest.fixture(autouse=True)
def profiles(db: None) -> None:
    ensure_shipped_profiles()


def a_niche(owner: Any) -> Any:
    asked = {"marketplace": "fr", "categories": ["Livres"], "bsr_range": [1_000, 50_000]}
    return create_niche(owner=owner, name="Vieux livres", filters=read_filters(asked))


def test_without_a_job_the_templates_stand_as_cards(client_of: Visitor) -> None:
    text = client_of().get(ADDRESS).content.decode()
    assert text.count("Utiliser ce modèle") == len(templates_for("fr"))
    assert "?template=europe-cuisine" in text


def test_a_form_is_filled_in_from_a_template(client_of: Visitor) -> None:
    text = client_of().get(f"{ADDRESS}nouvelle/?template=amazon-en-baisse").content.decode()
    assert 'value="15"' in text
    assert 'value="06:00"' in text


def test_watching_a_niche_is_a_form_that_names_it(client_of: Visitor) -> None:
    anne = client_of()
    niche = a_niche(anne.user)
    card = anne.get("/niches/").content.decode()
    address = f"{ADDRESS}nouvelle/?niche={niche.pk}"
    assert address in card
    text = anne.get(address).content.decode()
    assert f'<option value="{niche.pk}" selected>' in text
    assert 'value="Vieux livres"' in text


def test_a_job_is_kept_as_its_form_says(client_of: Visitor) -> None:
    anne = client_of()
    answer = anne.post(f"{ADDRESS}nouvelle/", DEALS)
    job = SourcingJob.objects.get()
    assert answer["Location"] == job.get_absolute_url()
    assert (job.owner, job.name, job.source) == (anne.user, "Baisses", "deals")
    assert job.criteria["price_min"] == "12.50"
    assert (job.times, job.weekdays) == (["07:30", "13:00"], [0, 1, 2, 3, 4])
    assert job.cost_kinds == ["same_listing", "dip"]
    assert job.daily_cap == 500
    assert job.alert_rule["min_roi"] == 30
    assert job.next_run_at is not None
    text = anne.get(job.get_absolute_url()).content.decode().replace("\N{NO-BREAK SPACE}", " ")
    assert "du lundi au vendredi à 07:30 et 13:00" in text


def test_what_is_wrong_stands_beside_its_field_and_nothing_is_lost(client_of: Visitor) -> None:
    wrong = DEALS | {"name": "", "drop_percent": "dix", "times": ["25:00"], "weekdays": []}
    answer = client_of().post(f"{ADDRESS}nouvelle/", wrong | {"cost_kinds": []})
    text = answer.content.decode()
    assert answer.status_code == 422
    assert "« dix » n’est pas un nombre" in text.replace("\N{NO-BREAK SPACE}", " ")
    assert "Choisissez au moins une voie d’achat." in text
    assert "Choisissez au moins un jour de la semaine." in text
    assert 'value="dix"' in text
    assert 'value="25:00"' in text
    assert 'value="12,50"' in text
    assert not SourcingJob.objects.exists()


def test_the_niche_of_somebody_else_is_not_watched(client_of: Visitor) -> None:
    niche = a_niche(client_of("paul").user)
    anne = client_of("anne")
    assert anne.get(f"{ADDRESS}nouvelle/?niche={niche.pk}").status_code == 404
    asked = DEALS | {"source": "niche", "niche": niche.pk}
    assert anne.post(f"{ADDRESS}nouvelle/", asked).status_code == 422
    assert not SourcingJob.objects.exists()


def test_a_template_keeps_its_conditions_through_the_form(client_of: Visitor) -> None:
    anne = client_of()
    template = next(one for one in templates_for("fr") if one.slug == "europe-cuisine")
    page = anne.get(f"{ADDRESS}nouvelle/?template=europe-cuisine")
    form = page.context["page"].form
    sent = {name: form[name].value() for name in form.fields if form[name].value() is not None}
    anne.post(f"{ADDRESS}nouvelle/", {name: value for name, value in sent.items() if value})
    job = SourcingJob.objects.get()
    assert job.criteria == template.asked["criteria"]
    # Opened and saved again it asks the same, and does not begin anew.
    SourcingJob.objects.update(cursor={"asins": ["B000000001"]})
    form = anne.get(f"{ADDRESS}{job.pk}/modifier/").context["page"].form
    sent = {name: form[name].value() for name in form.fields if form[name].value() is not None}
    sent["name"] = "Autre nom"
    anne.post(f"{ADDRESS}{job.pk}/modifier/", {k: value for k, value in sent.items() if value})
    job.refresh_from_db()
    assert job.name == "Autre nom"
    assert job.criteria == template.asked["criteria"]
    assert job.cursor == {"asins": ["B000000001"]}


def test_the_forecast_follows_the_form(client_of: Visitor) -> None:
    anne = client_of()
    every_day = {"daily_cap": "", "weekdays": list(range(7))}
    text = anne.post(f"{ADDRESS}prevision/", DEALS | every_day).content.decode()
    assert re.search(r"2 passages par jour ≈\s\d+\sjetons", text)
    empty = anne.post(f"{ADDRESS}prevision/", DEALS | {"drop_percent": "x"}).content.decode()
    assert "avant de la garder" in empty
    assert not SourcingJob.objects.exists()


def test_a_job_is_paused_resumed_copied_and_deleted(client_of: Visitor) -> None:
    anne = client_of()
    job = build_job(owner=anne.user)
    anne.post(f"{ADDRESS}{job.pk}/pause/")
    job.refresh_from_db()
    assert (job.is_paused, job.next_run_at) == (True, None)
    assert "en pause" in anne.get(ADDRESS).content.decode()
    anne.post(f"{ADDRESS}{job.pk}/reprendre/")
    job.refresh_from_db()
    assert not job.is_paused
    assert job.next_run_at is not None
    anne.post(f"{ADDRESS}{job.pk}/copier/")
    copy = SourcingJob.objects.exclude(pk=job.pk).get()
    assert copy.is_paused
    assert copy.criteria == job.criteria
    anne.post(f"{ADDRESS}{job.pk}/supprimer/")
    assert list(SourcingJob.objects.all()) == [copy]


def test_run_now_shows_the_run_and_never_makes_a_second(client_of: Visitor) -> None:
    anne = client_of()
    job = build_job(owner=anne.user)
    first = anne.post(f"{ADDRESS}{job.pk}/lancer/")
    run = Run.objects.get()
    assert first["Location"] == f"/autosourcing/passages/{run.pk}/"
    again = anne.post(f"{ADDRESS}{job.pk}/lancer/", follow=True)
    assert Run.objects.count() == 1
    assert "déjà en cours" in again.content.decode()


def test_a_pause_of_the_site_says_why(client_of: Visitor) -> None:
    anne = client_of()
    build_job(owner=anne.user, state="paused", pause_reason="deals_refused")
    assert "L’abonnement Keepa" in anne.get(ADDRESS).content.decode()


def test_each_seller_shows_when_it_was_really_looked_at(client_of: Visitor) -> None:
    anne = client_of()
    sellers = ["A1PA6795UKMFR9", "A2NEVERLOOKED1"]
    job = build_job(owner=anne.user, source="sellers", criteria={"sellers": sellers})
    Storefront.objects.create(
        marketplace="fr", seller_id=sellers[0], name="Boutique", looked_at=timezone.now(), total=7
    )
    text = anne.get(job.get_absolute_url()).content.decode()
    assert "Boutique" in text
    assert "pas encore" in text


def test_a_job_says_what_it_has_cost_and_brought(client_of: Visitor) -> None:
    anne = client_of()
    job = build_job(owner=anne.user)
    Run.objects.create(
        kind="sourcing", owner=anne.user, job=job, name=job.name, marketplace="fr", state="done",
        tokens_spent=24, finished_at=timezone.now(),
    )  # fmt: skip
    build_pick(owner=anne.user, job=job, asin="B000000001")
    build_pick(owner=anne.user, job=job, asin="B000000002")
    assert "12 jetons par trouvaille" in anne.get(ADDRESS).content.decode().replace("\xa0", " ")


def test_more_jobs_need_no_more_statements(client_of: Visitor) -> None:
    anne = client_of()
    niche = a_niche(anne.user)

    def statements() -> int:
        with CaptureQueriesContext(connection) as seen:
            anne.get(ADDRESS)
        return len(seen)

    def more(count: int) -> None:
        for number in range(count):
            job = build_job(owner=anne.user, source="niche", niche=niche, name=f"{number}")
            for days in range(2):
                run = Run.objects.create(
                    kind="sourcing", owner=anne.user, job=job, name=job.name, marketplace="fr",
                    state="done", tokens_spent=5, finished_at=timezone.now(),
                )  # fmt: skip
                made = timezone.now() - timedelta(days=days)
                Run.objects.filter(pk=run.pk).update(created_at=made)

    more(3)
    few = statements()
    more(9)
    assert statements() == few
