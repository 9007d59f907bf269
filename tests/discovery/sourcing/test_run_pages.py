"""The page of one run of a job: under way, ended, its table, its file, its orders."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from discovery.models import Run, SourcingJob
from discovery.profiles.service import ensure_shipped_profiles
from tests.discovery.builders import NOW, build_job, finished_run, scored_product

pytestmark = pytest.mark.django_db

Visitor = Callable[..., Any]
ABROAD = {
    "cost": {
        "kind": "europe", "source": "de", "price": "7.50", "carriage": "4.00", "asin": "B000000001",
        "identity": "proved", "seen_at": NOW.isoformat(),
    }
}  # fmt: skip


@pytest.fixture(autouse=True)
def profiles(db: None) -> None:
    ensure_shipped_profiles()


def a_run(job: SourcingJob, *, evidence: dict[str, Any] | None = None, **changes: Any) -> Run:
    """A run of the job that ended well, with two products, the first bought abroad."""
    products = [
        scored_product(asin="B000000001", title="First", cost="9.00"),
        scored_product(asin="B000000002", title="Second"),
    ]
    outcome = {
        "source": {"kind": "niche", "matches": 1200, "changed": 2, "unchanged": 40},
        "tokens": {"source": 11, "products": 2, "abroad": 3},
    }
    fields: dict[str, Any] = {"kind": "sourcing", "job": job, "name": job.name, "marketplace": "us"}
    run = finished_run(owner=job.owner, products=products, **fields | changes)
    Run.objects.filter(pk=run.pk).update(outcome=outcome)
    run.lines.filter(asin="B000000001").update(evidence=ABROAD if evidence is None else evidence)
    run.refresh_from_db()
    return run


def test_a_run_lives_at_its_own_address(client_of: Visitor) -> None:
    run = a_run(build_job(owner=client_of().user))
    assert run.get_absolute_url() == f"/autosourcing/passages/{run.pk}/"


def test_an_ended_run_says_what_its_source_told_and_each_step_cost(client_of: Visitor) -> None:
    anne = client_of()
    run = a_run(build_job(owner=anne.user))
    text = anne.get(run.get_absolute_url()).content.decode().replace("\N{NO-BREAK SPACE}", " ")
    assert "Ce que sa source a dit" in text
    assert "Inchangés, notés avec ce qui est connu" in text
    assert "<dt>Prix à l’étranger</dt><dd>3 jetons</dd>" in text


def test_each_product_shows_where_it_is_bought(client_of: Visitor) -> None:
    anne = client_of()
    run = a_run(build_job(owner=anne.user))
    text = anne.get(run.get_absolute_url()).content.decode().replace("\N{NO-BREAK SPACE}", " ")
    assert 'href="https://www.amazon.de/dp/B000000001"' in text
    assert "7,50 €, 4,00 € de port, identité prouvée" in text


def test_its_file_says_so_too(client_of: Visitor) -> None:
    anne = client_of()
    run = a_run(build_job(owner=anne.user))
    address = f"{run.get_absolute_url()}export.csv"
    rows = anne.get(f"{address}?format=plain").content.decode().splitlines()
    assert rows[0].startswith("position,bought_at,")
    assert rows[1].startswith("1,europe:de,")
    assert "Amazon.de" in anne.get(address).content.decode()
    assert len(rows) == 3


def test_its_table_is_sorted_narrowed_and_triaged(client_of: Visitor) -> None:
    anne = client_of()
    run = a_run(build_job(owner=anne.user))
    address = run.get_absolute_url()
    text = anne.get(f"{address}?sort=title&dir=desc").content.decode()
    assert text.index("Second") < text.index(">First<")
    line = run.lines.get(asin="B000000002")
    answer = anne.post(f"{address}selection/", {"action": "favourite", "line": line.pk})
    assert answer.status_code == 302
    assert list(anne.user.favourites.values_list("asin", flat=True)) == ["B000000002"]


def test_a_run_under_way_is_watched_stopped_and_gone_on_with(client_of: Visitor) -> None:
    anne = client_of()
    job = build_job(owner=anne.user)
    run = Run.objects.create(
        kind="sourcing", owner=anne.user, job=job, name=job.name, marketplace="fr",
        state="waiting", total=4, done=1, resume_at=timezone.now() + timedelta(minutes=9),
        progressed_at=timezone.now(), failure={"code": "tokens_exhausted"},
    )  # fmt: skip
    address = run.get_absolute_url()
    text = anne.get(address).content.decode()
    assert f'hx-get="{address}progression/"' in text
    assert "En attente de Keepa" in text
    assert "Pas assez de jetons Keepa" in text
    assert "Soit le" in text
    assert anne.get(f"{address}progression/").status_code == 200
    assert anne.post(f"{address}annuler/")["Location"] == address
    run.refresh_from_db()
    assert run.state == Run.State.CANCELLED
    assert "Ce passage a été annulé" in anne.get(address).content.decode()
    anne.post(f"{address}reprendre/")
    run.refresh_from_db()
    assert run.state == Run.State.QUEUED


def test_a_run_that_failed_says_why(client_of: Visitor) -> None:
    anne = client_of()
    run = a_run(
        build_job(owner=anne.user),
        state="failed",
        failure={"code": "keepa_unavailable", "at": timezone.now().isoformat()},
    )
    text = anne.get(run.get_absolute_url()).content.decode()
    assert "Ce passage s’est arrêté avant la fin." in text


def test_a_run_is_compared_with_the_one_before_of_its_job_alone(client_of: Visitor) -> None:
    anne = client_of()
    job = build_job(owner=anne.user)
    other = a_run(build_job(owner=anne.user, name="Another"))
    first, second = a_run(job), a_run(job)
    Run.objects.filter(pk=first.pk).update(created_at=NOW)
    Run.objects.filter(pk=other.pk).update(created_at=NOW)
    address = f"{second.get_absolute_url()}comparer/"
    assert address in anne.get(second.get_absolute_url()).content.decode()
    page = anne.get(address)
    assert page.status_code == 200
    assert [run.pk for run, _label in page.context["page"].choices] == [first.pk]
    assert anne.get(f"{address}?avec={other.pk}").status_code == 422


def test_a_run_of_a_deleted_job_is_still_read(client_of: Visitor) -> None:
    anne = client_of()
    job = build_job(owner=anne.user)
    run = a_run(job)
    anne.post(f"{job.get_absolute_url()}supprimer/")
    assert anne.get(run.get_absolute_url()).status_code == 200


def test_the_run_of_somebody_else_is_not_there(client_of: Visitor) -> None:
    run = a_run(build_job(owner=client_of("paul").user))
    anne = client_of("anne")
    for address in ("", "progression/", "comparer/", "export.csv"):
        assert anne.get(f"{run.get_absolute_url()}{address}").status_code == 404
