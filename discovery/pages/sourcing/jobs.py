"""Veilles: the jobs of a user, what each has cost and brought, and the form that makes one."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from django.contrib import messages
from django.core.paginator import Page
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from discovery.accounts.members import signed_in
from discovery.keepa.categories.stored import category_names
from discovery.models import Run, SourcingJob, Storefront
from discovery.niches.queries import niche_of
from discovery.pages.choices import default_marketplace
from discovery.pages.sourcing.job_forms import JobForm, of_asked, of_job, of_niche
from discovery.sourcing import jobs as service
from discovery.sourcing.forecast import Forecast, forecast
from discovery.sourcing.jobs import JobCard
from discovery.sourcing.sources.base import SourceGone
from discovery.sourcing.starting import AlreadyAtWork
from discovery.sourcing.templates import JobTemplate, template_of, templates_for
from discovery.text.conditions import CategoryNames

LONGEST_ID = 18  # digits


@dataclass(frozen=True, slots=True)
class JobsPage:
    """The jobs, and what one may start from; ``names`` are those of the templates' categories."""

    jobs: Page[Any]
    templates: Sequence[JobTemplate]


@dataclass(frozen=True, slots=True)
class FormPage:
    """The form of a job, new or ``editing``; ``expected`` is what it will cost."""

    form: JobForm
    editing: SourcingJob | None
    expected: Forecast | None
    templates: Sequence[JobTemplate]
    names: CategoryNames


@dataclass(frozen=True, slots=True)
class JobPage:
    """One job: what it does, what it will cost, its runs, the shops of its sellers."""

    card: JobCard
    expected: Forecast | None
    runs: Page[Run]
    shops: Sequence[Storefront]


@require_safe
def jobs(request: HttpRequest) -> HttpResponse:
    """The user's jobs, the newest first, a page at a time."""
    user = signed_in(request)
    page = JobsPage(
        jobs=service.page_of_jobs(owner=user, number=request.GET.get("page", "1")),
        templates=templates_for(default_marketplace(user)),
    )
    return render(request, "discovery/sourcing/jobs.html", {"page": page})


@require_http_methods(["GET", "HEAD", "POST"])
def add(request: HttpRequest) -> HttpResponse:
    """The form of a new job, filled in from ``?niche=``, ``?template=`` or ``?source=``; kept when
    it is sent.

    404 for a niche that is not the user's own.
    """
    user = signed_in(request)
    if request.method != "POST":
        return _form_page(request, JobForm(user=user, initial=_initial(request)))
    form = JobForm(request.POST, user=user)
    if not form.is_valid():
        return _form_page(request, form, status=HTTPStatus.UNPROCESSABLE_ENTITY)
    job = service.create_job(owner=user, asked=form.asked, now=timezone.now())
    messages.success(request, _("The job “%(name)s” is kept.") % {"name": job.name})
    return redirect(job)


@require_safe
def job(request: HttpRequest, pk: int) -> HttpResponse:
    """One job: what it asks, when, what it has cost and brought, its runs."""
    found = service.job_of(owner=signed_in(request), pk=pk)
    page = JobPage(
        card=service.cards_of([found])[0],
        expected=_forecast(found),
        runs=service.page_of_runs(job=found, number=request.GET.get("page", "1")),
        shops=service.storefronts_of(found),
    )
    return render(request, "discovery/sourcing/job.html", {"page": page})


@require_http_methods(["GET", "HEAD", "POST"])
def change(request: HttpRequest, pk: int) -> HttpResponse:
    """The form of a job that exists; what it has found stays."""
    user = signed_in(request)
    found = service.job_of(owner=user, pk=pk)
    if request.method != "POST":
        return _form_page(request, JobForm(user=user, initial=of_job(found)), editing=found)
    form = JobForm(request.POST, user=user)
    if not form.is_valid():
        status = HTTPStatus.UNPROCESSABLE_ENTITY
        return _form_page(request, form, editing=found, status=status)
    changed = service.change_job(job=found, asked=form.asked, now=timezone.now())
    messages.success(request, _("The job “%(name)s” is changed.") % {"name": changed.name})
    return redirect(changed)


@require_POST
def forecast_fragment(request: HttpRequest) -> HttpResponse:
    """What the job, as its form stands, will cost; nothing while it makes no sense."""
    user = signed_in(request)
    data = request.POST.copy()
    data["name"] = data.get("name") or "-"  # a job without a name yet costs the same
    form = JobForm(data, user=user)
    is_valid = form.is_valid()
    expected = _forecast(service.draft_of(owner=user, asked=form.asked)) if is_valid else None
    return render(request, "discovery/sourcing/forecast.html", {"expected": expected})


@require_POST
def pause(request: HttpRequest, pk: int) -> HttpResponse:
    """Let the job run no more by itself."""
    found = service.job_of(owner=signed_in(request), pk=pk)
    service.pause_job(job=found, now=timezone.now())
    messages.success(request, _("The job “%(name)s” is paused.") % {"name": found.name})
    return redirect("discovery:jobs")


@require_POST
def resume(request: HttpRequest, pk: int) -> HttpResponse:
    """Let the job run by itself again."""
    found = service.job_of(owner=signed_in(request), pk=pk)
    service.resume_job(job=found, now=timezone.now())
    messages.success(request, _("The job “%(name)s” runs again.") % {"name": found.name})
    return redirect("discovery:jobs")


@require_POST
def copy(request: HttpRequest, pk: int) -> HttpResponse:
    """The same job once more, paused, opened for editing."""
    found = service.job_of(owner=signed_in(request), pk=pk)
    made = service.copy_job(job=found, now=timezone.now())
    messages.success(request, _("The job “%(name)s” is kept, paused.") % {"name": made.name})
    return redirect("discovery:change_job", made.pk)


@require_POST
def delete(request: HttpRequest, pk: int) -> HttpResponse:
    """Remove the job for good; its picks and its runs stay."""
    found = service.job_of(owner=signed_in(request), pk=pk)
    service.delete_job(job=found)
    text = _("The job “%(name)s” is deleted; what it found stays.")
    messages.success(request, text % {"name": found.name})
    return redirect("discovery:jobs")


@require_POST
def run_now(request: HttpRequest, pk: int) -> HttpResponse:
    """Start a run of the job, and show it; one under way already is shown instead."""
    found = service.job_of(owner=signed_in(request), pk=pk)
    try:
        return redirect(service.run_now(job=found, now=timezone.now()))
    except AlreadyAtWork:
        messages.info(request, _("A run of this job is under way already: here it is."))
        return redirect(service.run_at_work(job=found) or found)


def _initial(request: HttpRequest) -> dict[str, Any]:
    user, asked = signed_in(request), request.GET
    if (niche_id := asked.get("niche", "")[:LONGEST_ID]).isdecimal():
        return of_niche(niche_of(owner=user, niche_id=int(niche_id)))
    if template := template_of(asked.get("template", ""), default_marketplace(user)):
        return of_asked(template.asked | {"name": _(template.name)})
    source = asked.get("source", "")
    return {"source": source} if source in SourcingJob.Source.values else {}


def _forecast(found: SourcingJob) -> Forecast | None:
    """What the job will cost; ``None`` when what it asks about is no more."""
    with suppress(SourceGone):
        return forecast(found, now=timezone.now())
    return None


def _form_page(
    request: HttpRequest,
    form: JobForm,
    *,
    editing: SourcingJob | None = None,
    status: int = HTTPStatus.OK,
) -> HttpResponse:
    is_new = editing is None and request.method != "POST"
    home = default_marketplace(signed_in(request))
    page = FormPage(
        form=form,
        editing=editing,
        expected=_forecast(editing) if editing else None,
        templates=templates_for(home) if is_new else (),
        names=category_names(filters=[form.stored_filters]),
    )
    return render(request, "discovery/sourcing/job_form.html", {"page": page}, status=status)
