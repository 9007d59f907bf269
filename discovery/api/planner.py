"""What runs by itself over the API: the switches, and the jobs to start from."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from django.http import HttpRequest
from django.utils.translation import gettext as _
from ninja import Router, Schema
from pydantic import Field

from discovery.accounts.preferences import preferences_of
from discovery.api.auth import caller_of
from discovery.api.fields import Body, yes_or_no
from discovery.api.job_schemas import JOB
from discovery.api.parameters import AnyMarket, example
from discovery.api.reading import read_body
from discovery.api.schemas import WRITING_REFUSALS
from discovery.keepa.marketplaces import marketplace_of
from discovery.niches.service import HOME
from discovery.sourcing.switches import set_switch, switches
from discovery.sourcing.templates import templates_for

router = Router(tags=["sourcing"])
SWITCH_BODY = Body(
    "Switches",
    {
        "runs_jobs": yes_or_no("Jobs run by themselves. Left out: as it is."),
        "uses_idle_tokens": yes_or_no(
            "Tokens that would expire refresh what will be asked next. Left out: as it is."
        ),
    },
    {"runs_jobs": True},
)


class SwitchAnswer(Schema):
    """What spends tokens by itself now."""

    model_config = example(runs_jobs=True, uses_idle_tokens=False)
    runs_jobs: bool
    uses_idle_tokens: bool


class JobTemplateAnswer(Schema):
    """A job to start from: `job` is the body of `POST /jobs`."""

    slug: str
    name: str
    why: str
    job: dict[str, Any] = Field(description="As `POST /jobs` takes it.")


class JobTemplatesAnswer(Schema):
    """The jobs to start from on a marketplace."""

    model_config = example(
        templates=[
            {
                "slug": "amazon-en-baisse",
                "name": JOB["name"],
                "why": "Bought now, sold once the price is back.",
                "job": {"name": JOB["name"], "source": "deals", "marketplace": "fr"},
            }
        ]
    )
    templates: list[JobTemplateAnswer]


@router.get("/switch", response={200: SwitchAnswer} | WRITING_REFUSALS, summary="The switches")
def get_switch(request: HttpRequest) -> dict[str, Any]:
    """Whether jobs run by themselves, and whether idle tokens are used."""
    return asdict(switches())


@router.put(
    "/switch",
    response={200: SwitchAnswer} | WRITING_REFUSALS,
    openapi_extra=SWITCH_BODY.openapi,
    summary="Turn the switches",
)
def turn_switch(request: HttpRequest) -> dict[str, Any]:
    """Turn what is named, for the whole site, as anybody may on the pages who may search."""
    data = read_body(request)
    said = SWITCH_BODY.values(data)
    return asdict(
        set_switch(**{name: value for name, value in said.items() if data.get(name) is not None})
    )


@router.get(
    "/templates",
    response={200: JobTemplatesAnswer} | WRITING_REFUSALS,
    summary="Jobs to start from",
)
def list_job_templates(request: HttpRequest, marketplace: AnyMarket = None) -> dict[str, Any]:
    """The jobs that come with the site, on a marketplace; by default the caller's."""
    chosen = preferences_of(user=caller_of(request)).marketplace or HOME
    market = marketplace_of(marketplace).code if marketplace else chosen
    return {
        "templates": [
            {
                "slug": template.slug,
                "name": _(template.name),
                "why": _(template.why),
                "job": template.asked | {"name": _(template.name)},
            }
            for template in templates_for(market)
        ]
    }
