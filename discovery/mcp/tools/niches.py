"""Niches: those kept, questions to start from, what searching one costs, and the search itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.http import Http404
from django.utils.translation import gettext as _

from discovery.accounts.preferences import preferences_of
from discovery.api.paging import page_of
from discovery.keepa.finder import NicheFilters
from discovery.keepa.finder_fields import FLAGS, RANGES
from discovery.mcp import schemas
from discovery.mcp.answers import moment
from discovery.mcp.registry import Answer, Call, Tool
from discovery.mcp.spending import ARGUMENTS, QUOTE, RULE, Price, quoted, spend
from discovery.mcp.tools.runs import LONGEST_WAIT, RESULTS, RUN, begun, told
from discovery.models import Niche, Run, Scope
from discovery.niches.queries import saved_niches, with_last_runs
from discovery.niches.service import HOME
from discovery.niches.sharing import readable_niche
from discovery.niches.templates import NicheTemplate, template_of, templates_for
from discovery.profiles.service import ActiveProfile, active_profile, may_use
from discovery.runs.service import start_search
from discovery.search.quote import quote
from discovery.search.request import read_niche
from discovery.search.request_fields import DEFAULT_MARKETPLACE, DEFAULT_RESULTS


@dataclass(frozen=True, slots=True)
class _Search:
    """A search as it would be made; ``niche`` where it is one of the caller's own."""

    filters: NicheFilters
    profile: ActiveProfile
    max_results: int
    niche: Niche | None = None
    name: str = ""


def find_niches(call: Call, arguments: Mapping[str, Any]) -> Answer:
    """A page of the caller's niches, and the questions to start from on a marketplace."""
    kept = saved_niches(owner=call.user)
    if market := arguments.get("marketplace"):
        kept = kept.filter(marketplace=market)
    page = page_of(
        kept,
        order=("-created_at", "-pk"),
        cursor=arguments.get("cursor"),
        limit=arguments.get("limit", schemas.ROWS),
    )
    answers = with_last_runs(page.rows)
    home = market or preferences_of(user=call.user).marketplace or HOME
    return Answer(
        {
            "niches": [_niche(niche) for niche in answers],
            "next": page.next,
            "templates": []
            if arguments.get("cursor")
            else [_template(template) for template in templates_for(home)],
        }
    )


def quote_search(call: Call, arguments: Mapping[str, Any]) -> Answer:
    """What a search would cost now; spends nothing, and accepts nothing."""
    return quoted(call, _price(call, _asked(call, arguments)))


def search_niche(call: Call, arguments: Mapping[str, Any]) -> Answer:
    """Start a search, once its price is accepted; one that costs nothing is answered at once."""
    asked = _asked(call, arguments)

    def work() -> Answer:
        run = start_search(
            owner=call.user,
            filters=asked.filters,
            profile=asked.profile,
            max_results=asked.max_results,
            niche=asked.niche,
            name=asked.name,
            asked_on=Run.AskedOn.MCP,
        )
        return begun(run)

    return spend(
        call,
        arguments,
        tool="search_niche",
        asked={
            "filters": asked.filters.canonical(),
            "profile": asked.profile.settings.fingerprint,
            "max_results": asked.max_results,
            "niche": asked.niche.pk if asked.niche else None,
        },
        price=_price(call, asked),
        work=work,
        tell=lambda done: told(call, done, wait=arguments.get("wait", 0), rows=schemas.ROWS),
    )


def _price(call: Call, asked: _Search) -> Price:
    cost = quote(
        filters=asked.filters,
        profile=asked.profile,
        max_results=asked.max_results,
        user_id=call.user.pk,
    )
    return Price(cost.total, cost.most, cost.known)


def _asked(call: Call, arguments: Mapping[str, Any]) -> _Search:
    """The search that the arguments name; raises ``Http404``, ``InvalidFilters`` and
    ``UnknownProfile``.
    """
    if "niche_id" in arguments:
        return _of_niche(call, arguments)
    market = arguments.get("marketplace", DEFAULT_MARKETPLACE)
    slug = arguments.get("profile")
    if "template" in arguments:
        template = template_of(arguments["template"], market)
        if template is None or template.filters.marketplace != market:
            raise Http404
        profile = active_profile(slug=slug or template.profile or None, user=call.user)
        count = arguments.get("max_results", DEFAULT_RESULTS)
        return _Search(template.filters, profile, count, name=_(template.name))
    data = dict(arguments["question"]) | {"marketplace": market}
    if "max_results" in arguments:
        data["max_results"] = arguments["max_results"]
    question = read_niche(data, scoring=True, localize=False)
    profile = active_profile(slug=slug, user=call.user)
    return _Search(question.filters, profile, question.max_results)


def _of_niche(call: Call, arguments: Mapping[str, Any]) -> _Search:
    niche = readable_niche(user=call.user, niche_id=arguments["niche_id"])
    # A profile of its owner's own is nobody else's.
    usable = niche.profile if may_use(profile=niche.profile, user=call.user) else None
    slug = arguments.get("profile") or (usable.slug if usable else None)
    if slug is None and niche.profile and niche.owner_id == call.user.pk:
        slug = niche.profile.slug  # refused by name rather than judged with another
    is_own = niche.owner_id == call.user.pk
    return _Search(
        filters=NicheFilters.from_canonical(niche.filters),
        profile=active_profile(slug=slug, user=call.user),
        max_results=arguments.get("max_results", niche.max_results),
        niche=niche if is_own else None,
        name="" if is_own else niche.name,
    )


def _niche(niche: Any) -> dict[str, Any]:
    run = niche.last_run
    return {
        "id": niche.pk,
        "name": niche.name,
        "marketplace": niche.marketplace,
        "filters": niche.filters,
        "max_results": niche.max_results,
        "profile": niche.profile.slug if niche.profile else None,
        "last_run": {
            "id": str(run.pk),
            "state": run.state,
            "finished_at": moment(run.finished_at),
        }
        if run
        else None,
    }


def _template(template: NicheTemplate) -> dict[str, Any]:
    return {
        "template": template.slug,
        "name": _(template.name),
        "why": _(template.why),
        "marketplace": template.filters.marketplace,
        "filters": template.filters.canonical(),
        "profile": template.profile or None,
    }


_CONDITIONS = (
    " A question takes, besides `categories` and `bsr_range`, `<name>_range`, `<name>_min` and "
    "`<name>_max` of "
    + ", ".join(condition.name for condition in RANGES)
    + ", and yes or no of "
    + ", ".join(flag.name for flag in FLAGS)
    + "."
)
_KEPT = schemas.objects(
    {
        "id": schemas.KEY,
        "name": schemas.TEXT,
        "marketplace": schemas.TEXT,
        "filters": {"type": "object"},
        "max_results": {"type": "integer"},
        "profile": schemas.TEXT_OR_NULL,
        "last_run": schemas.OBJECT_OR_NULL,
    }
)
_TEMPLATES = schemas.objects(
    {
        "template": schemas.TEXT,
        "name": schemas.TEXT,
        "why": schemas.TEXT,
        "marketplace": schemas.TEXT,
        "filters": {"type": "object"},
        "profile": schemas.TEXT_OR_NULL,
    },
    "Questions to start from; on the first page only.",
)
TOOLS = (
    Tool(
        name="find_niches",
        title="Find niches to search",
        description="Your saved niches (questions worth asking again), newest first, each with "
        "its last run, and ready-made templates for a marketplace. Start here: pick a niche or a "
        "template, then quote_search or search_niche. Free.",
        arguments={"marketplace": schemas.MARKETPLACE, **schemas.PAGE},
        answer={"niches": _KEPT, "next": schemas.NEXT, "templates": _TEMPLATES},
        run=find_niches,
    ),
    Tool(
        name="quote_search",
        title="Price of a search",
        description="What searching a niche, a template or a question of your own would cost now "
        "in Keepa tokens, for nothing. The price falls with what is known already." + _CONDITIONS,
        arguments=schemas.ASKED,
        answer={"quote": QUOTE},
        run=quote_search,
        conditions=schemas.ONE_OF_ASKED,
    ),
    Tool(
        name="search_niche",
        title="Search a niche",
        description="Find the products of a niche, a template or a question and judge each. It "
        "becomes a run: the answer has its id, its state and, once it is done, its best results; "
        "poll with get_run, read on with list_results. The question is that of quote_search."
        + RULE,
        arguments=schemas.ASKED_AGAIN | ARGUMENTS | {"wait": schemas.wait(LONGEST_WAIT)},
        answer={"quote": QUOTE, "run": RUN, "results": RESULTS, "next": schemas.NEXT},
        run=search_niche,
        scope=Scope.SEARCH,
        spends=True,
        is_idempotent=False,
        conditions=schemas.ONE_OF_ASKED,
    ),
)
