"""``/api/v1/jobs``: kept, changed, paused, run and forecast by a program."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from discovery.api.job_schemas import JOB_RUN
from discovery.models import Run, SourcingJob
from tests.discovery.api.shelf import all_pages
from tests.discovery.builders import build_job

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("shipped_profiles")]

DEALS: dict[str, Any] = {
    "name": "Drops",
    "source": "deals",
    "marketplace": "fr",
    "criteria": {"price_type": "AMAZON", "drop_percent": 25, "range": 1, "price_min": 12.5},
    "times": ["13:00", "07:30"],
    "weekdays": [0, 6],
    "daily_cap": 300,
    "alert_rule": {"min_roi": 30, "min_profit": 4.5},
}


@pytest.fixture
def caller(bearer: str) -> Client:
    return Client(headers={"authorization": f"Bearer {bearer}", "accept-language": "en"})


def send(caller: Client, method: str, address: str, body: Any = None) -> Any:
    content = json.dumps(body or {}).encode()
    return caller.generic(method, f"/api/v1/jobs{address}", content, "application/json")


def test_a_job_is_kept_read_and_sent_back_unchanged(caller: Client, anne: User) -> None:
    made = send(caller, "POST", "", DEALS)
    assert made.status_code == 201
    answer = made.json()
    job = SourcingJob.objects.get()
    assert (job.owner, job.times, job.daily_cap) == (anne, ["07:30", "13:00"], 300)
    assert answer["criteria"]["price_min"] == "12.5"
    assert answer["next_run_at"] is not None
    assert answer["alert_rule"]["min_profit"] == "4.5"
    assert send(caller, "GET", f"/{job.pk}").json() == answer
    assert send(caller, "GET", "").json()["jobs"] == [answer]
    # What was answered is what is asked: sent back it changes nothing.
    told = {name: answer[name] for name in [*DEALS, "niche", "profile", "cost_kinds"]}
    assert send(caller, "PUT", f"/{job.pk}", told).json() == answer


def test_every_wrong_field_is_named(caller: Client) -> None:
    wrong = DEALS | {
        "name": "",
        "times": ["25:00"],
        "criteria": {"drop_percent": 3, "colour": "blue"},
        "alert_rule": {"verdict": "MAYBE"},
    }
    answer = send(caller, "POST", "", wrong)
    assert answer.status_code == 422
    assert answer.json()["code"] == "invalid_job"
    assert answer.json()["detail"] == "The job cannot be kept as asked."
    named = {error["field"] for error in answer.json()["errors"]}
    assert named == {
        "name", "times", "criteria.drop_percent", "criteria.colour", "alert_rule.verdict",
    }  # fmt: skip
    assert not SourcingJob.objects.exists()


def test_a_forecast_costs_nothing_and_keeps_nothing(caller: Client) -> None:
    answer = send(caller, "POST", "/forecast", DEALS | {"daily_cap": None}).json()
    assert answer["tokens_per_run"] > 0
    assert answer["runs_per_day"] == pytest.approx(4 / 7)
    assert not answer["measured"]
    assert "a day" in answer["text"]
    assert not SourcingJob.objects.exists()


def test_a_job_is_paused_and_gone_on_with(caller: Client, anne: User) -> None:
    job = build_job(owner=anne)
    paused = send(caller, "POST", f"/{job.pk}/pause").json()
    assert (paused["state"], paused["next_run_at"]) == ("paused", None)
    resumed = send(caller, "POST", f"/{job.pk}/resume").json()
    assert resumed["state"] == "active"
    assert resumed["next_run_at"] is not None


def test_a_copy_waits_under_a_name_of_its_own(caller: Client, anne: User) -> None:
    job = build_job(owner=anne)
    copied = send(caller, "POST", f"/{job.pk}/copy")
    assert copied.status_code == 201
    made = copied.json()
    assert made["id"] != job.pk
    assert (made["state"], made["criteria"], made["runs"]) == ("paused", job.criteria, 0)
    assert job.name in made["name"]


def test_a_run_is_started_once_at_a_time(caller: Client, anne: User) -> None:
    job = build_job(owner=anne)
    started = send(caller, "POST", f"/{job.pk}/run")
    assert started.status_code == 202
    assert started.json()["state"] == "queued"
    run = Run.objects.get()
    assert started["Location"] == f"/api/v1/runs/{run.pk}"
    assert started["Retry-After"]
    again = send(caller, "POST", f"/{job.pk}/run")
    assert (again.status_code, again.json()["code"]) == (409, "already_at_work")
    assert Run.objects.count() == 1
    runs = send(caller, "GET", f"/{job.pk}/runs").json()
    assert [run["id"] for run in runs["runs"]] == [started.json()["id"]]


def test_the_end_of_a_run_that_was_started_can_be_waited_for(
    caller: Client, anne: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    def ends(run: Run, *, seconds: float) -> None:
        assert seconds == 5
        Run.objects.filter(pk=run.pk).update(state=Run.State.DONE)

    monkeypatch.setattr("discovery.api.waiting.await_end", ends)
    answer = send(caller, "POST", f"/{build_job(owner=anne).pk}/run?wait=5")
    assert (answer.status_code, answer.json()["state"]) == (200, "done")
    assert set(answer.json()) == set(JOB_RUN)


def test_a_job_is_deleted_and_its_run_stopped(caller: Client, anne: User) -> None:
    job = build_job(owner=anne)
    send(caller, "POST", f"/{job.pk}/run")
    assert send(caller, "DELETE", f"/{job.pk}").status_code == 204
    assert not SourcingJob.objects.exists()
    assert Run.objects.get().state == Run.State.CANCELLED


def test_the_jobs_of_somebody_else_are_not_there(caller: Client) -> None:
    job = build_job(owner=User.objects.create_user("paul"))
    for method, address in (
        ("GET", ""), ("PUT", ""), ("DELETE", ""), ("POST", "/pause"), ("POST", "/resume"),
        ("POST", "/copy"),
        ("POST", "/run"), ("GET", "/runs"),
    ):  # fmt: skip
        assert send(caller, method, f"/{job.pk}{address}", DEALS).status_code == 404
    assert send(caller, "GET", "").json()["jobs"] == []
    assert SourcingJob.objects.get() == job


def test_what_is_no_object_is_refused(caller: Client) -> None:
    answer = caller.post("/api/v1/jobs", b"[]", content_type="application/json")
    assert (answer.status_code, answer.json()["code"]) == (400, "not_json")


def test_jobs_are_listed_page_by_page_in_constant_statements(
    caller: Client, anne: User, django_assert_num_queries: Any
) -> None:
    made = [build_job(owner=anne).pk for _each in range(3)]
    assert [job["id"] for job in all_pages(caller, "/jobs", "jobs")] == [*reversed(made)]
    # The token, the jobs, what they have cost, found and asked last, the names of categories.
    with django_assert_num_queries(5):
        send(caller, "GET", "")


def test_a_template_is_a_job_that_can_be_kept(caller: Client) -> None:
    templates = send(caller, "GET", "/templates?marketplace=fr").json()["templates"]
    made = send(caller, "POST", "", templates[0]["job"])
    assert (made.status_code, made.json()["name"]) == (201, templates[0]["name"])
