"""Two answers to the same question: what changed between them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, cast
from uuid import UUID

from django.contrib.auth.models import AbstractBaseUser
from django.core.paginator import Page, Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from discovery import paging
from discovery.keepa.categories import stored
from discovery.keepa.marketplaces import MARKETPLACES
from discovery.models import Run
from discovery.runs import queries
from discovery.runs import text as runs_text
from discovery.runs.comparison import Comparison, Pair, Standing, compare
from discovery.scoring import Verdict
from discovery.text import conditions, formats

CHOICES = 30  # earlier searches offered
SHORT_LIST = 10  # products of each kind on the first page; all of them on a page of their own


@dataclass(frozen=True, slots=True)
class RunChoice:
    """A search that may be compared with."""

    value: str
    label: str
    is_current: bool


@dataclass(frozen=True, slots=True)
class Side:
    """What a product was worth in one of the answers, formatted."""

    verdict: Verdict
    price: str
    roi: str
    bsr: str
    position: str
    hypothetical: bool


@dataclass(frozen=True, slots=True)
class Line:
    """One product: ``was`` and ``now`` are missing where it was not there; changes carry a sign."""

    asin: str
    title: str
    was: Side | None
    now: Side | None
    direction: str
    price_change: str
    roi_change: str


@dataclass(frozen=True, slots=True)
class Section:
    """The products that differ in one way; ``is_cut`` when there are more than shown."""

    kind: str
    title: str
    help: str
    count: int
    lines: tuple[Line, ...]
    is_cut: bool


@dataclass(frozen=True, slots=True)
class ComparisonPage:
    """Everything the page shows; ``problem`` says why there is nothing to compare."""

    run: Run
    title: str
    choices: tuple[RunChoice, ...]
    problem: str = ""
    before: Run | None = None
    after: Run | None = None
    marketplace: str = ""
    notices: tuple[str, ...] = ()
    summary: str = ""
    is_empty: bool = False
    sections: tuple[Section, ...] = ()
    kind: str = ""
    page: Page[Any] | None = None


@never_cache
@require_safe
def compare_runs(request: HttpRequest, run_id: UUID) -> HttpResponse:
    """What changed since the search ``?avec=``, the one before by default; ``?kind=&page=``.

    404 for somebody else's search; 422, with the reason, for one that cannot be compared.
    """
    user = cast(AbstractBaseUser, request.user)
    run = queries.run_of(owner=user, run_id=run_id)
    earlier = list(queries.earlier_runs(run=run)[:CHOICES])
    asked = request.GET.get("avec", "")
    other, problem = _other(user, run, asked, earlier)
    if other is not None and not problem:
        context = _compared(request, run, other, earlier)
    else:
        context = ComparisonPage(run, _title(run), _choices(earlier, None), problem)
    status = HTTPStatus.UNPROCESSABLE_ENTITY if problem else HTTPStatus.OK
    return render(request, "discovery/runs/comparison.html", {"page": context}, status=status)


def _other(
    user: AbstractBaseUser, run: Run, asked: str, earlier: Sequence[Run]
) -> tuple[Run | None, str]:
    """The search to compare with, and what forbids it; neither when there is no earlier one."""
    if run.state != Run.State.DONE:
        return None, _("This search has no answer to compare.")
    if not asked:
        return (earlier[0] if earlier else None), ""
    try:
        other_id = UUID(asked)
    except ValueError:
        return None, _("No search bears this name.")
    other = queries.run_of(owner=user, run_id=other_id)
    if other.pk == run.pk:
        return None, _("A search cannot be compared with itself.")
    if other.state != Run.State.DONE:
        return None, _("The other search has no answer to compare.")
    if not queries.comparable_runs(run=run).filter(pk=other.pk).exists():
        return None, _("These two searches asked different questions.")
    return other, ""


def _compared(request: HttpRequest, run: Run, other: Run, earlier: Sequence[Run]) -> ComparisonPage:
    before, after = sorted((run, other), key=lambda one: one.created_at)
    found = compare(before=queries.standings_of(run=before), after=queries.standings_of(run=after))
    kind = request.GET.get("kind", "")
    lists = _lists(found)
    if kind not in lists:
        kind = ""
    number = request.GET.get("page", "1")
    page = Paginator(lists[kind], paging.PAGE_SIZE).get_page(number) if kind else None
    shown: dict[str, Sequence[Pair | Standing]] = (
        {kind: list(page)} if page else {name: all_[:SHORT_LIST] for name, all_ in lists.items()}
    )
    return ComparisonPage(
        run=run,
        title=_title(run),
        choices=_choices(earlier, other),
        before=before,
        after=after,
        marketplace=after.marketplace,
        notices=tuple(_notices(before, after)),
        summary=_summary(found),
        is_empty=found.is_empty,
        sections=_sections(lists, shown, currency=MARKETPLACES[after.marketplace].currency),
        kind=kind,
        page=page,
    )


def _title(run: Run) -> str:
    return runs_text.run_title(run, stored.category_names(filters=[run.filters]))


def _choices(earlier: Iterable[Run], other: Run | None) -> tuple[RunChoice, ...]:
    offered = list(earlier)
    if other is not None and other.pk not in {one.pk for one in offered}:
        offered.insert(0, other)
    return tuple(
        RunChoice(str(one.pk), _choice(one), other is not None and one.pk == other.pk)
        for one in offered
    )


def _choice(run: Run) -> str:
    count = ngettext("%(count)s product", "%(count)s products", run.done)
    parts = [formats.when(run.created_at), count % {"count": formats.number(run.done)}]
    if run.profile:
        parts.append(run.profile.name)
    return " · ".join(parts)


def _notices(before: Run, after: Run) -> Iterable[str]:
    """What besides the market may explain a difference."""
    was, now = _profile(before), _profile(after)
    if was != now:
        yield _(
            "They were not scored with the same profile, or it was changed in between: ROI and "
            "verdicts may differ for that reason alone."
        )
    if before.filters != after.filters:
        yield _("The niche was adjusted in between: products may come and go for that reason.")
    if before.max_results != after.max_results:
        yield _(
            "The first asked for %(before)s products and the second for %(after)s: some may be "
            "new or gone for that reason alone."
        ) % {
            "before": formats.number(before.max_results),
            "after": formats.number(after.max_results),
        }
    if before.failure or after.failure:
        yield _("One of the two answers is incomplete or out of date: a product may be missing.")


def _profile(run: Run) -> object:
    return (run.outcome or {}).get("profile")


def _summary(found: Comparison) -> str:
    """``3 new, 2 gone, 4 price changes, 1 verdict better``: nothing that did not happen."""
    if found.is_empty:
        return _("Nothing changed.")
    counted = (
        (len(found.appeared), ngettext("%(n)s new", "%(n)s new", len(found.appeared))),
        (len(found.vanished), ngettext("%(n)s gone", "%(n)s gone", len(found.vanished))),
        (
            len(found.prices),
            ngettext("%(n)s price change", "%(n)s price changes", len(found.prices)),
        ),
        (found.better, ngettext("%(n)s verdict better", "%(n)s verdicts better", found.better)),
        (found.worse, ngettext("%(n)s verdict worse", "%(n)s verdicts worse", found.worse)),
        (
            len(found.moves),
            ngettext("%(n)s ROI or rank move", "%(n)s ROI or rank moves", len(found.moves)),
        ),
    )
    return conditions.joined([text % {"n": formats.number(n)} for n, text in counted if n])


def _lists(found: Comparison) -> dict[str, Sequence[Pair | Standing]]:
    return {
        "verdicts": found.verdicts,
        "appeared": found.appeared,
        "vanished": found.vanished,
        "prices": found.prices,
        "moves": found.moves,
    }


def _sections(
    lists: dict[str, Sequence[Pair | Standing]],
    shown: dict[str, Sequence[Pair | Standing]],
    *,
    currency: str,
) -> tuple[Section, ...]:
    words = {
        "verdicts": (_("Verdicts that changed"), ""),
        "appeared": (_("New products"), _("Not in the earlier answer.")),
        "vanished": (_("Products gone"), _("In the earlier answer only.")),
        "prices": (_("Price changes"), _("The largest first.")),
        "moves": (
            _("ROI and rank"),
            _("Products whose ROI moved by a point or more, or whose BSR moved by a tenth."),
        ),
    }
    line = _line_maker(shown, currency)
    return tuple(
        Section(
            kind=kind,
            title=words[kind][0],
            help=words[kind][1],
            count=len(lists[kind]),
            lines=tuple(line(kind, one) for one in some),
            is_cut=len(some) < len(lists[kind]),
        )
        for kind, some in shown.items()
        if some
    )


def _line_maker(
    shown: dict[str, Sequence[Pair | Standing]], currency: str
) -> Callable[[str, Pair | Standing], Line]:
    """Which results rest on an assumed cost is asked once, for the products shown."""
    every = [one for some in shown.values() for one in some]
    pks = [
        standing.pk
        for one in every
        for standing in ((one.before, one.after) if isinstance(one, Pair) else (one,))
    ]
    assumed = queries.with_assumed_cost(results=pks)

    def side(one: Standing) -> Side:
        return Side(
            verdict=one.verdict,
            price=formats.money(one.price, currency),
            roi=formats.percent(one.roi_percent),
            bsr=formats.number(one.bsr),
            position=formats.number(one.position),
            hypothetical=one.pk in assumed,
        )

    def line(kind: str, one: Pair | Standing) -> Line:
        if isinstance(one, Pair):
            return Line(
                asin=one.after.asin,
                title=one.after.title or one.after.asin,
                was=side(one.before),
                now=side(one.after),
                direction=one.direction or "",
                price_change=_signed(one.price_percent, formats.percent),
                roi_change=_signed(one.roi_points, _points),
            )
        was, now = (side(one), None) if kind == "vanished" else (None, side(one))
        return Line(one.asin, one.title or one.asin, was, now, "", "", "")

    return line


def _signed(value: Any, show: Callable[[Any, int], str]) -> str:
    """A change always says which way; an empty string when it is not known."""
    if value is None:
        return ""
    return f"+{show(value, 1)}" if value > 0 else show(value, 1)


def _points(value: float, decimals: int) -> str:
    return _("%(points)s pts") % {"points": formats.number(value, decimals)}
