"""Two answers to the same question, or two lists: what changed between them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any
from uuid import UUID

from django.contrib.auth.models import AbstractBaseUser
from django.core.paginator import Page, Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop, ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from discovery import paging
from discovery.accounts.members import signed_in
from discovery.keepa.categories import stored
from discovery.models import Run
from discovery.runs import compared, queries
from discovery.runs import text as runs_text
from discovery.runs.alike import Choice, rescored_facts
from discovery.runs.compared import NotComparable
from discovery.runs.comparison import Comparison, Pair, Standing
from discovery.runs.sharing import readable_run
from discovery.text import conditions, formats

CHOICES = 30  # earlier runs offered
SHORT_LIST = 10  # products of each kind on the first page; all of them on a page of their own

Differing = Sequence[Pair | Standing]

# Field of ``Comparison`` -> the title of its section, and what its lines are.
SECTIONS = {
    "verdicts": (
        gettext_noop("Verdicts that changed"),
        gettext_noop("Those that became better first."),
    ),
    "appeared": (gettext_noop("New products"), gettext_noop("Not in the earlier answer.")),
    "vanished": (gettext_noop("Products gone"), gettext_noop("In the earlier answer only.")),
    "prices": (gettext_noop("Price changes"), gettext_noop("The largest first.")),
    "moves": (
        gettext_noop("ROI and rank"),
        gettext_noop("Products whose ROI moved by a point or more, or whose BSR moved by a tenth."),
    ),
}


@dataclass(frozen=True, slots=True)
class Section:
    """The products that differ in one way; ``is_cut`` when there are more than shown."""

    kind: str
    count: int
    lines: Differing

    @property
    def title(self) -> str:
        """What differs, in a few words."""
        return _(SECTIONS[self.kind][0])

    @property
    def help(self) -> str:
        """Which products stand here, or in which order."""
        return _(SECTIONS[self.kind][1])

    @property
    def is_cut(self) -> bool:
        """Whether some of the ``count`` products are not among ``lines``."""
        return len(self.lines) < self.count


@dataclass(frozen=True, slots=True, kw_only=True)
class ComparisonPage:
    """Everything the page shows; ``problem`` says why there is nothing to compare.

    ``kind`` and ``page`` are set when one section is shown alone. ``unlike`` says why verdicts are
    not compared, ``rescores`` offers to score both again, ``scored`` is the offer that was taken.
    """

    run: Run
    title: str
    choices: tuple[tuple[Run, str], ...]
    problem: str = ""
    other: Run | None = None
    before: Run | None = None
    after: Run | None = None
    notices: tuple[str, ...] = ()
    unlike: tuple[str, ...] = ()
    rescores: tuple[Choice, ...] = ()
    scored: str = ""
    summary: str = ""
    is_empty: bool = False
    sections: tuple[Section, ...] = ()
    kind: str = ""
    page: Page[Any] | None = None


@never_cache
@require_safe
def compare_runs(request: HttpRequest, run_id: UUID, kind: Run.Kind) -> HttpResponse:
    """What changed since the run ``?avec=``; ``?kind=&page=``.

    By default since the one before, and of a list since the one most like it.

    Only what was scored alike is compared; ``?scored=`` scores both again with one profile.
    404 for a run one may not read; 422, with the reason, for one that cannot be compared.
    """
    user = signed_in(request)
    run = readable_run(user=user, run_id=run_id, kind=kind)
    earlier = list(queries.earlier_runs(run=run, user=user)[:CHOICES])
    other, problem = None, ""
    try:
        asked = request.GET.get("avec", "")
        other = compared.other_of(run=run, asked=asked, earlier=earlier, user=user)
    except NotComparable as error:
        problem = str(error)
    differences = _compared(request, run, other) if other else {}
    added = [other] if differences and other and other not in earlier else []
    page = ComparisonPage(
        run=run,
        title=runs_text.run_title(run, stored.category_names(filters=[run.filters])),
        choices=tuple((choice, _choice(choice, user)) for choice in (*added, *earlier)),
        problem=problem,
        **differences,
    )
    status = HTTPStatus.UNPROCESSABLE_ENTITY if problem else HTTPStatus.OK
    return render(request, "discovery/runs/comparison.html", {"page": page}, status=status)


def _compared(request: HttpRequest, run: Run, other: Run) -> dict[str, Any]:
    """The part of the page that says what differs, by field."""
    told = compared.compare_runs(
        run=run, other=other, user=signed_in(request), scored=request.GET.get("scored", "")
    )
    found, taken = told.found, told.taken
    notices = tuple(_notices(told.before, told.after))
    if taken is not None and told.again is not None:
        notices = (*rescored_facts(told.again, taken), *notices)
    lists: dict[str, Differing] = {kind: getattr(found, kind) for kind in SECTIONS}
    kind, page = request.GET.get("kind", ""), None
    if kind in lists:
        page = Paginator(lists[kind], paging.PAGE_SIZE).get_page(request.GET.get("page", "1"))
        shown: dict[str, Differing] = {kind: list(page)}
    else:
        kind, shown = "", {name: products[:SHORT_LIST] for name, products in lists.items()}
    return {
        "other": other,
        "before": told.before,
        "after": told.after,
        "notices": notices,
        "unlike": told.scored_alike.reasons,
        "rescores": told.offers,
        "scored": taken.value if taken else "",
        "summary": _summary(found, is_partial=told.is_partial),
        "is_empty": found.is_empty and not told.is_partial,
        "sections": tuple(
            Section(name, len(lists[name]), lines) for name, lines in shown.items() if lines
        ),
        "kind": kind,
        "page": page,
    }


def _choice(run: Run, user: AbstractBaseUser) -> str:
    count = ngettext("%(count)s product", "%(count)s products", run.done)
    counted = count % {"count": formats.number(run.done)}
    profile = run.profile.name if run.profile else ""
    owner = run.owner.get_username() if run.owner_id != user.pk else ""
    told = (run.name, formats.when(run.created_at), counted, profile, owner)
    return " · ".join(filter(None, told))


def _notices(before: Run, after: Run) -> Iterable[str]:
    """What besides the market may explain a difference."""
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


def _summary(found: Comparison, *, is_partial: bool) -> str:
    """``3 new, 2 gone, 4 price changes, 1 verdict better``: nothing that did not happen.

    Nothing that was not compared either, where only a part was.
    """
    if found.is_empty:
        return _("No product came or went.") if is_partial else _("Nothing changed.")
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
