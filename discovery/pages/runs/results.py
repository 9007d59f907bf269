"""The result table of a run, search or list alike: sorted, narrowed, ticked, a page at a time."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.core.paginator import Page
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse

from discovery.accounts.members import signed_in
from discovery.models import Run, RunLine
from discovery.pages.columns import Heading, headings, row_of, sorting, with_text
from discovery.pages.runs.filters import NarrowingForm
from discovery.products import buy_box
from discovery.products.columns import Row
from discovery.products.decisions import Marks, marks_of
from discovery.products.product_costs import known_costs
from discovery.products.scored import from_breakdown
from discovery.runs import queries
from discovery.runs.filters import narrowed
from discovery.scoring import ShownVerdict
from discovery.scoring.verdict import BUYS


@dataclass(frozen=True, slots=True)
class BuyBoxOffer:
    """The products of a page whose Buy Box was never bought; ``address`` is where they are bought.

    ``to_buy`` are those that cost ``each`` tokens; the others were bought elsewhere since. On those
    that are ``gone``, which are none of ``asins``, Keepa has nothing any more.
    """

    address: str
    asins: tuple[str, ...]
    to_buy: frozenset[str]
    gone: frozenset[str]
    each: int = buy_box.ONE

    @property
    def tokens(self) -> int:
        """What buying them all costs."""
        return self.each * len(self.to_buy)


@dataclass(frozen=True, slots=True)
class Results:
    """A page of what a run has scored; ``unknown`` lines have no answer.

    ``selection`` is the address where the ticked products are sent, ``profile`` the name (slug)
    of the one they were scored with, ``buy_boxes`` what is offered of a run that has ended.
    """

    total: int
    unknown: int
    counts: dict[ShownVerdict, int]
    verdict: str
    columns: dict[str, Heading]
    narrowing: NarrowingForm
    page: Page[RunLine]
    rows: tuple[Row, ...]
    marks: Marks
    selection: str
    buy_boxes: BuyBoxOffer | None
    profile: str

    @property
    def labels(self) -> dict[str, str]:
        """The heading of each column, by the column's name."""
        return {name: heading.label for name, heading in self.columns.items()}

    @property
    def buys(self) -> int:
        """How many products are a Buy or better."""
        return sum(self.counts[ShownVerdict(verdict)] for verdict in BUYS)


def results(request: HttpRequest, run: Run) -> Results:
    """What ``?sort=&dir=&verdict=&page=`` and the narrowing of the address ask of the run."""
    counts, unknown = queries.counts_of(run=run)
    sort, descending = sorting(run.kind, request.GET)
    panel = NarrowingForm(request.GET)
    lines = shown(request, run, panel=panel, sort=sort, descending=descending)
    page = queries.page_of_results(results=with_text(lines), number=request.GET.get("page", "1"))
    owner = signed_in(request)
    asins = [line.asin for line in page]
    address = reverse(
        "discovery:list_selection" if run.is_list else "discovery:selection", args=[run.pk]
    )
    return Results(
        total=sum(counts.values()),
        unknown=unknown,
        counts=counts,
        verdict=request.GET.get("verdict", ""),
        columns=headings(run.kind, sort=sort, descending=descending),
        narrowing=panel,
        page=page,
        rows=with_own_costs(map(row_of, page), owner_id=run.owner_id, marketplace=run.marketplace),
        marks=marks_of(owner=owner, marketplace=run.marketplace, asins=asins),
        selection=f"{address}?{request.GET.urlencode()}",
        buy_boxes=_buy_boxes(request, run, page) if run.is_finished else None,
        profile=run.profile.slug if run.profile else "",
    )


@dataclass(frozen=True, slots=True)
class Counts:
    """How many products of an answer have which verdict, and which of them is shown."""

    total: int
    counts: dict[ShownVerdict, int]
    verdict: str


def counts_shown(request: HttpRequest, run: Run) -> Counts:
    """What stands above the table of the run, for the ``?verdict=`` of the address."""
    counts, _unknown = queries.counts_of(run=run)
    return Counts(sum(counts.values()), counts, request.GET.get("verdict", ""))


def row_shown(request: HttpRequest, run: Run, line: RunLine) -> dict[str, Any]:
    """One row of the table as its template takes it, for a line that changed."""
    owner = signed_in(request)
    sort, descending = sorting(run.kind, request.GET)
    columns = headings(run.kind, sort=sort, descending=descending)
    marks = marks_of(owner=owner, marketplace=run.marketplace, asins=[line.asin])
    row = Row(line, *from_breakdown(line.breakdown or {}))
    return {
        "row": with_own_costs([row], owner_id=owner.pk, marketplace=run.marketplace)[0],
        "labels": {name: heading.label for name, heading in columns.items()},
        "favourites": marks.favourites,
        "ignored": marks.ignored,
        "selection": True,
        "buy_boxes": _buy_boxes(request, run, [line]) if run.is_finished else None,
        "profile": run.profile.slug if run.profile else "",
    }


def with_own_costs(rows: Iterable[Row], *, owner_id: int, marketplace: str) -> tuple[Row, ...]:
    """The rows with what each product costs its owner (``line.own``), in one statement."""
    made = tuple(rows)
    own = known_costs(
        user_id=owner_id, marketplace=marketplace, asins=[row.line.asin for row in made]
    )
    for row in made:
        row.line.own = own.get(row.line.asin)
    return made


def _buy_boxes(request: HttpRequest, run: Run, page: Iterable[RunLine]) -> BuyBoxOffer | None:
    unknown = tuple(dict.fromkeys(line.asin for line in page if not line.buy_box_known))
    if not unknown:
        return None
    name = "discovery:list_buy_boxes" if run.is_list else "discovery:buy_boxes"
    offer = buy_box.offer_of(marketplace=run.marketplace, asins=unknown)
    return BuyBoxOffer(
        address=f"{reverse(name, args=[run.pk])}?{request.GET.urlencode()}",
        asins=tuple(asin for asin in unknown if asin not in offer.gone),
        to_buy=offer.to_buy,
        gone=offer.gone,
    )


def shown(
    request: HttpRequest,
    run: Run,
    *,
    panel: NarrowingForm | None = None,
    sort: str = "",
    descending: bool = False,
) -> QuerySet[RunLine]:
    """The lines that meet what the address asks for, on every page of the table."""
    asked = (panel or NarrowingForm(request.GET)).asked
    lines = queries.results_of(
        run=run, sort=sort, descending=descending, verdict=request.GET.get("verdict", "")
    )
    return narrowed(lines, asked, run=run)
