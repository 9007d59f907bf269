"""Trouvailles: all that the jobs have found, one pick, and what is decided on it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from django import forms
from django.contrib import messages
from django.core.paginator import Page
from django.http import (
    Http404,
    HttpRequest,
    HttpResponse,
    HttpResponseBadRequest,
    QueryDict,
)
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from discovery.accounts.members import signed_in
from discovery.keepa.marketplaces import MARKETPLACES
from discovery.models import Alert, CostKind, Pick, PickClass, Sighting
from discovery.pages.back import ours
from discovery.pages.choices import marketplace_choices
from discovery.pages.csv_files import csv_language
from discovery.pages.products.forms import MOST_UNITS, CostField
from discovery.pages.products.price_chart import HistoryChart
from discovery.pages.sourcing.sighting_charts import cost_chart, roi_chart
from discovery.scoring import ShownVerdict
from discovery.sourcing import decisions, queries, shown
from discovery.sourcing.pick_export import csv_of
from discovery.sourcing.pick_text import class_label, classes, kind_label
from discovery.sourcing.queries import DEFAULT_SORT, SORTS, Decided, PickNarrowing
from discovery.sourcing.shown import ShownPick
from discovery.text.costs import with_vat
from discovery.text.csv_files import csv_answer
from discovery.text.formats import exact
from discovery.text.labels import verdict_label
from discovery.text.numbers import NumberField

LONGEST_WORDS = 100
# Decision of a button -> the one that takes it back.
CONTRARY = {"ignore": "restore", "restore": "ignore"}
DECIDED = {
    Decided.OPEN: gettext_lazy("to decide on"),
    Decided.IGNORED: gettext_lazy("ignored picks"),
    Decided.BOUGHT: gettext_lazy("bought picks"),
    Decided.ALL: gettext_lazy("all picks"),
}
SORT_LABELS = {
    "worth": gettext_lazy("The best first"),
    "-seen": gettext_lazy("Seen last"),
    "-first": gettext_lazy("Found last"),
    "-roi": gettext_lazy("Best ROI"),
    "-profit": gettext_lazy("Best profit"),
    "cost": gettext_lazy("Cheapest first"),
    "title": gettext_lazy("Title"),
}
# A filter of the list: its name in the address, its label, what it offers, and what is chosen.
Select = tuple[str, str, Sequence[tuple[Any, Any]], str]


class BoughtForm(forms.Form):
    """What was paid for a pick, and for how many."""

    price = CostField(label=gettext_lazy("Price paid a unit"), required=True)
    quantity = NumberField(
        label=gettext_lazy("Quantity"), low=1, high=MOST_UNITS, whole=True, required=True
    )

    def __init__(self, data: Any = None, *, pick: Pick) -> None:
        cost = "" if pick.cost is None else exact(pick.cost)
        super().__init__(data, initial={"price": cost, "quantity": 1}, auto_id="bought-%s")
        price = self.fields["price"]
        price.label = with_vat(str(price.label), pick.marketplace)


@dataclass(frozen=True, slots=True)
class PicksPage:
    """Everything the list shows; ``is_empty``: no job has found anything yet."""

    picks: Sequence[ShownPick]
    page: Page[Any]
    narrowing: PickNarrowing
    selects: tuple[Select, ...]
    is_filtered: bool
    is_empty: bool
    favourites: frozenset[str]


@dataclass(frozen=True, slots=True)
class PickPage:
    """Everything the page of one pick shows."""

    found: ShownPick
    sightings: Sequence[Sighting]
    alerts: Sequence[Alert]
    costs: HistoryChart
    roi: HistoryChart
    classes: Sequence[tuple[str, str]]
    bought_form: BoughtForm
    favourites: frozenset[str]


@never_cache
@require_safe
def picks(request: HttpRequest) -> HttpResponse:
    """The user's picks: ``?class=&kind=&verdict=&marketplace=&job=&decided=&gone=&q=&sort=&page=``.

    404 for a job that is not the user's own. Spends no token.
    """
    user = signed_in(request)
    jobs = queries.jobs_to_choose(owner=user)
    narrowing = narrowing_of(request.GET, jobs)
    page = queries.page_of_picks(
        owner=user, narrowing=narrowing, number=request.GET.get("page", "1")
    )
    cards = shown.shown(list(page), user=user)
    is_filtered = narrowing != PickNarrowing(
        sort=narrowing.sort, is_descending=narrowing.is_descending
    )
    context = PicksPage(
        picks=cards,
        page=page,
        narrowing=narrowing,
        selects=_selects(narrowing, jobs),
        is_filtered=is_filtered,
        is_empty=not is_filtered and not page.paginator.count,
        favourites=_favourites(cards),
    )
    return render(request, "discovery/sourcing/picks.html", {"page": context})


@never_cache
@require_safe
def export(request: HttpRequest) -> HttpResponse:
    """The picks of the same ``?class=…`` as CSV; ``?format=plain`` for programs."""
    user = signed_in(request)
    narrowing = narrowing_of(request.GET, queries.jobs_to_choose(owner=user))
    found = queries.narrowed_picks(owner=user, narrowing=narrowing)
    return csv_answer(csv_of(found, language=csv_language(request)), name="trouvailles")


@never_cache
@require_safe
def pick(request: HttpRequest, pk: int) -> HttpResponse:
    """One pick: every look at it, its alerts, how its cost and ROI moved. Spends no token."""
    return _show(request, _mine(request, pk))


@require_POST
def decide(request: HttpRequest, pk: int) -> HttpResponse:
    """``decision=ignore|restore``, or ``bought`` with ``price=&quantity=`` (422 if they are wrong).

    A script gets 204, with the decision that takes it back in ``X-Undo``.
    """
    user, mine, now = signed_in(request), _mine(request, pk), timezone.now()
    decision = request.POST.get("decision", "")
    if decision == "bought":
        form = BoughtForm(request.POST, pick=mine)
        if not form.is_valid():
            return _show(request, mine, form)
        bought = decisions.BoughtPick(**form.cleaned_data)
        decisions.mark_bought(user=user, pick_id=pk, bought=bought, now=now)
        messages.success(request, _("Noted as bought: it leaves the list."))
        return _back(request)
    if decision not in CONTRARY:
        return HttpResponseBadRequest()
    change = decisions.ignore_pick if decision == "ignore" else decisions.restore_pick
    change(user=user, pick_id=pk, now=now)
    if "X-Requested-With" in request.headers:
        return HttpResponse(status=HTTPStatus.NO_CONTENT, headers={"X-Undo": CONTRARY[decision]})
    return _back(request)


def narrowing_of(asked: QueryDict, jobs: Sequence[tuple[int, str]]) -> PickNarrowing:
    """What an address asks for; what it does not know is left out.

    Raises ``Http404`` for a job that is none of ``jobs``.
    """
    sort, job = asked.get("sort", ""), asked.get("job", "")
    own = {str(number): number for number, _name in jobs}
    if job and job not in own:
        raise Http404
    column = sort.removeprefix("-")
    is_known = column in SORTS

    def known(value: str, values: Sequence[str]) -> str:
        return value if value in values else ""

    return PickNarrowing(
        pick_class=known(asked.get("class", ""), PickClass.values),
        cost_kind=known(asked.get("kind", ""), CostKind.values),
        verdict=known(asked.get("verdict", ""), list(ShownVerdict)),
        marketplace=known(asked.get("marketplace", ""), list(MARKETPLACES)),
        job=own.get(job),
        decided=Decided(known(asked.get("decided", ""), list(Decided)) or Decided.OPEN),
        is_gone=asked.get("gone") == "1",
        words=asked.get("q", "")[:LONGEST_WORDS].strip(),
        sort=column if is_known else DEFAULT_SORT,
        is_descending=is_known and sort.startswith("-"),
    )


def _selects(narrowing: PickNarrowing, jobs: Sequence[tuple[int, str]]) -> tuple[Select, ...]:
    everything = [("", _("All"))]
    sort = f"{'-' if narrowing.is_descending else ''}{narrowing.sort}"
    return (
        (
            "decided",
            _("Decision"),
            [(value.value, label) for value, label in DECIDED.items()],
            narrowing.decided.value,
        ),
        (
            "verdict",
            _("Verdict"),
            [*everything, *((one.value, verdict_label(one)) for one in ShownVerdict)],
            narrowing.verdict,
        ),
        (
            "class",
            _("Class of the pick"),
            [*everything, *((one, class_label(one)) for one in PickClass.values)],
            narrowing.pick_class,
        ),
        (
            "kind",
            _("Kind of cost"),
            [*everything, *((one, kind_label(one)) for one in CostKind.values)],
            narrowing.cost_kind,
        ),
        (
            "marketplace",
            _("Marketplace"),
            [*everything, *marketplace_choices()],
            narrowing.marketplace,
        ),
        (
            "job",
            _("Job"),
            [*everything, *((str(number), name) for number, name in jobs)],
            "" if narrowing.job is None else str(narrowing.job),
        ),
        ("sort", _("Sort by"), list(SORT_LABELS.items()), sort),
    )


def _show(request: HttpRequest, mine: Pick, form: BoughtForm | None = None) -> HttpResponse:
    found = shown.shown([mine], user=signed_in(request))
    sightings, now = queries.sightings_of(mine), timezone.now()
    context = PickPage(
        found=found[0],
        sightings=sightings,
        alerts=queries.alerts_of(mine),
        costs=cost_chart(sightings, marketplace=mine.marketplace, now=now),
        roi=roi_chart(sightings, now=now),
        classes=classes(),
        bought_form=form or BoughtForm(pick=mine),
        favourites=_favourites(found),
    )
    status = HTTPStatus.UNPROCESSABLE_ENTITY if form else HTTPStatus.OK
    return render(request, "discovery/sourcing/pick.html", {"page": context}, status=status)


def _mine(request: HttpRequest, pk: int) -> Pick:
    try:
        return queries.pick_of(owner=signed_in(request), pick_id=pk)
    except Pick.DoesNotExist:
        raise Http404 from None


def _favourites(cards: Sequence[ShownPick]) -> frozenset[str]:
    return frozenset(card.pick.asin for card in cards if card.is_favourite)


def _back(request: HttpRequest) -> HttpResponse:
    """To the page that was looked at, which the form names; never elsewhere."""
    return redirect(ours(request.POST.get("next", ""), default=reverse("discovery:picks")))
