"""Two answers to the same question: what changed between them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
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
from discovery.text import conditions, formats

CHOICES = 30  # earlier searches offered
SHORT_LIST = 10  # products of each kind on the first page; all of them on a page of their own


Differing = Sequence[Pair | Standing]


@dataclass(frozen=True, slots=True)
class Section:
    """The products that differ in one way; ``is_cut`` when there are more than shown."""

    kind: str
    title: str
    help: str
    count: int
    lines: Differing

    @property
    def is_cut(self) -> bool:
        return len(self.lines) < self.count


@dataclass(frozen=True, slots=True)
class ComparisonPage:
    """Everything the page shows; ``problem`` says why there is nothing to compare."""

    run: Run
    title: str
    choices: tuple[tuple[Run, str], ...]
    problem: str = ""
    other: Run | None = None
    before: Run | None = None
    after: Run | None = None
    marketplace: str = ""
    currency: str = ""
    notices: tuple[str, ...] = ()
    summary: str = ""
    is_empty: bool = False
    sections: tuple[Section, ...] = ()
    assumed: Collection[int] = ()
    kind: str = ""
    page: Page[Any] | None = None


@never_cache
@require_safe
def compare_runs(request: HttpRequest, run_id: UUID, kind: Run.Kind) -> HttpResponse:
    """What changed since the run ``?avec=``, the one before by default; ``?kind=&page=``.

    404 for somebody else's run; 422, with the reason, for one that cannot be compared.
    """
    user = cast(AbstractBaseUser, request.user)
    run = queries.run_of(owner=user, run_id=run_id, kind=kind)
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
    other = queries.run_of(owner=user, run_id=other_id, kind=Run.Kind(run.kind))
    if other.pk == run.pk:
        return None, _("A search cannot be compared with itself.")
    if other.state != Run.State.DONE:
        return None, _("The other search has no answer to compare.")
    if not queries.comparable_runs(run=run).filter(pk=other.pk).exists():
        return None, _("These two searches asked different questions.")
    return other, ""


def _compared(request: HttpRequest, run: Run, other: Run, earlier: Sequence[Run]) -> ComparisonPage:
    before, after = sorted((run, other), key=lambda answered: answered.created_at)
    found = compare(before=queries.standings_of(run=before), after=queries.standings_of(run=after))
    kind, lists = request.GET.get("kind", ""), _lists(found)
    page = None
    if kind in lists:
        number = request.GET.get("page", "1")
        page = Paginator(lists[kind], paging.PAGE_SIZE).get_page(number)
        shown: dict[str, Differing] = {kind: list(page)}
    else:
        kind = ""
        shown = {name: products[:SHORT_LIST] for name, products in lists.items()}
    marketplace = after.marketplace
    return ComparisonPage(
        run=run,
        title=_title(run),
        choices=_choices(earlier, other),
        other=other,
        before=before,
        after=after,
        marketplace=marketplace,
        currency=MARKETPLACES[marketplace].currency,
        notices=tuple(_notices(before, after)),
        summary=_summary(found),
        is_empty=found.is_empty,
        sections=_sections(lists, shown),
        assumed=queries.with_assumed_cost(results=_results(shown)),
        kind=kind,
        page=page,
    )


def _title(run: Run) -> str:
    return runs_text.run_title(run, stored.category_names(filters=[run.filters]))


def _choices(earlier: Sequence[Run], other: Run | None) -> tuple[tuple[Run, str], ...]:
    added = () if other is None or other in earlier else (other,)
    return tuple((run, _choice(run)) for run in (*added, *earlier))


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


def _lists(found: Comparison) -> dict[str, Differing]:
    return {
        "verdicts": found.verdicts,
        "appeared": found.appeared,
        "vanished": found.vanished,
        "prices": found.prices,
        "moves": found.moves,
    }


def _sections(lists: dict[str, Differing], shown: dict[str, Differing]) -> tuple[Section, ...]:
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
    return tuple(
        Section(kind, *words[kind], count=len(lists[kind]), lines=lines)
        for kind, lines in shown.items()
        if lines
    )


def _results(shown: dict[str, Differing]) -> Iterable[int]:
    """The primary keys of the results shown, of both answers."""
    for line in (line for lines in shown.values() for line in lines):
        yield from (line.before.pk, line.after.pk) if isinstance(line, Pair) else (line.pk,)
