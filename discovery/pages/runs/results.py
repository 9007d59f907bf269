"""The result table of a run, search or list alike: sorted, narrowed, ticked, a page at a time."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.core.paginator import Page
from django.db.models import QuerySet
from django.http import HttpRequest

from discovery.accounts.members import signed_in
from discovery.accounts.preferences import preferences_of
from discovery.exports.columns import row_of, with_text
from discovery.models import Run, RunLine
from discovery.pages.columns import Heading, headings, order_text, sort_labels, sorting
from discovery.pages.runs.filters import NarrowingForm
from discovery.pages.table_layout import Layout, layout_of
from discovery.pages.tables import SavedFilters, saved_of
from discovery.products import buy_box
from discovery.products.columns import Row
from discovery.products.decisions import Marks, marks_of
from discovery.products.product_costs import known_costs
from discovery.products.scored import from_breakdown
from discovery.products.sparks import sparks_of
from discovery.profiles.service import may_use
from discovery.runs import queries
from discovery.runs.addresses import address_of
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
    of the one they were scored with, where the reader may use it, ``buy_boxes`` what is offered to
    the owner of a run that has ended; ``is_foreign``: the reader is somebody else.
    """

    total: int
    unknown: int
    counts: dict[ShownVerdict, int]
    verdict: str
    sort: str
    sorts: dict[str, str]
    order: str
    layout: Layout
    columns: dict[str, Heading]
    narrowing: NarrowingForm
    saved: SavedFilters
    page: Page[RunLine]
    rows: tuple[Row, ...]
    marks: Marks
    selection: str
    buy_boxes: BuyBoxOffer | None
    is_foreign: bool
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
    reader, profile = signed_in(request), run.profile
    # Only its owner spends tokens on a run, and a profile of somebody's own is nobody else's.
    is_own = run.owner_id == reader.pk
    asins = [line.asin for line in page]
    sparks = sparks_of(marketplace=run.marketplace, asins=asins)
    # What the products cost its reader is nothing that somebody else's answer was scored with.
    own = known_costs(user_id=reader.pk, marketplace=run.marketplace, asins=asins if is_own else ())
    layout = layout_of(run.kind, preferences_of(user=reader).table)
    return Results(
        total=sum(counts.values()),
        unknown=unknown,
        counts=counts,
        verdict=request.GET.get("verdict", ""),
        sort=sort,
        sorts=sort_labels(run.kind),
        order=order_text(run.kind, sort=sort, descending=descending),
        layout=layout,
        columns=headings(run.kind, sort=sort, descending=descending, shown=layout.shown),
        narrowing=panel,
        saved=saved_of(request),
        page=page,
        rows=tuple(
            row_of(line, spark=sparks.get(line.asin, ""), own=own.get(line.asin)) for line in page
        ),
        marks=marks_of(owner=reader, marketplace=run.marketplace, asins=asins),
        selection=f"{address_of(run, 'selection')}?{request.GET.urlencode()}",
        buy_boxes=_buy_boxes(request, run, page) if run.is_finished and is_own else None,
        is_foreign=not is_own,
        profile=profile.slug if profile and may_use(profile=profile, user=reader) else "",
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
    """One row of its owner's table as its template takes it, for a line that changed."""
    owner = signed_in(request)
    sort, descending = sorting(run.kind, request.GET)
    layout = layout_of(run.kind, preferences_of(user=owner).table)
    columns = headings(run.kind, sort=sort, descending=descending, shown=layout.shown)
    marks = marks_of(owner=owner, marketplace=run.marketplace, asins=[line.asin])
    sparks = sparks_of(marketplace=run.marketplace, asins=[line.asin])
    own = known_costs(user_id=owner.pk, marketplace=run.marketplace, asins=[line.asin])
    card, score = from_breakdown(line.breakdown or {})
    return {
        "row": Row(line, card, score, sparks.get(line.asin, ""), own=own.get(line.asin)),
        "labels": {name: heading.label for name, heading in columns.items()},
        "favourites": marks.favourites,
        "ignored": marks.ignored,
        "selection": True,
        "buy_boxes": _buy_boxes(request, run, [line]) if run.is_finished else None,
        "profile": run.profile.slug if run.profile else "",
    }


def _buy_boxes(request: HttpRequest, run: Run, page: Iterable[RunLine]) -> BuyBoxOffer | None:
    unknown = tuple(dict.fromkeys(line.asin for line in page if not line.buy_box_known))
    if not unknown:
        return None
    offer = buy_box.offer_of(marketplace=run.marketplace, asins=unknown)
    return BuyBoxOffer(
        address=f"{address_of(run, 'buy_boxes')}?{request.GET.urlencode()}",
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
    return narrowed(lines, asked, run=run, user=signed_in(request))
