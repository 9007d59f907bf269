"""Two answers to the same question, or two lists: what changed between them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
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
from discovery.runs import queries
from discovery.runs import text as runs_text
from discovery.runs.alike import Alike, Choice, alike, choices_for, rescored_facts
from discovery.runs.comparison import Comparison, Pair, Standing, compare
from discovery.runs.rescoring import rescore
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
# Kind of run -> why two of them cannot be compared.
PROBLEMS: Mapping[str, Mapping[str, str]] = {
    Run.Kind.SEARCH: {
        "no_answer": gettext_noop("This search has no answer to compare."),
        "unknown": gettext_noop("No search bears this name."),
        "itself": gettext_noop("A search cannot be compared with itself."),
        "other_has_none": gettext_noop("The other search has no answer to compare."),
        "not_the_same": gettext_noop("These two searches asked different questions."),
    },
    Run.Kind.SOURCING: {
        "no_answer": gettext_noop("This run has not come to its end: nothing to compare."),
        "unknown": gettext_noop("No run bears this name."),
        "itself": gettext_noop("A run cannot be compared with itself."),
        "other_has_none": gettext_noop("The other run has not come to its end."),
        "not_the_same": gettext_noop("These two runs are not of the same job."),
    },
    Run.Kind.LIST: {
        "no_answer": gettext_noop("This list was not analysed to its end: nothing to compare."),
        "unknown": gettext_noop("No list bears this name."),
        "itself": gettext_noop("A list cannot be compared with itself."),
        "other_has_none": gettext_noop("The other list was not analysed to its end."),
        "not_the_same": gettext_noop("These two lists are not of the same marketplace."),
    },
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
    other, problem = _other(request, run, earlier)
    differences = {} if problem or other is None else _compared(request, run, other)
    added = [other] if differences and other and other not in earlier else []
    page = ComparisonPage(
        run=run,
        title=runs_text.run_title(run, stored.category_names(filters=[run.filters])),
        choices=tuple((choice, _choice(choice, user)) for choice in (*added, *earlier)),
        problem=_(PROBLEMS[kind][problem]) if problem else "",
        **differences,
    )
    status = HTTPStatus.UNPROCESSABLE_ENTITY if problem else HTTPStatus.OK
    return render(request, "discovery/runs/comparison.html", {"page": page}, status=status)


def _other(request: HttpRequest, run: Run, earlier: Sequence[Run]) -> tuple[Run | None, str]:
    """The run to compare with, and what forbids it; neither when there is no earlier one."""
    if run.state != Run.State.DONE:
        return None, "no_answer"
    if not (asked := request.GET.get("avec", "")):
        return queries.likest(run=run, earlier=earlier), ""
    try:
        other_id = UUID(asked)
    except ValueError:
        return None, "unknown"
    user = signed_in(request)
    other = readable_run(user=user, run_id=other_id, kind=Run.Kind(run.kind))
    if other.pk == run.pk:
        return None, "itself"
    if other.state != Run.State.DONE:
        return None, "other_has_none"
    if not queries.comparable_runs(run=run, user=user).filter(pk=other.pk).exists():
        return None, "not_the_same"
    return other, ""


def _compared(request: HttpRequest, run: Run, other: Run) -> dict[str, Any]:
    """The part of the page that says what differs, by field."""
    before, after = sorted((run, other), key=lambda answered: answered.created_at)
    scored_alike = alike(before, after)
    offers = () if scored_alike.verdicts else choices_for(before, after, user=signed_in(request))
    taken = next((one for one in offers if one.value == request.GET.get("scored")), None)
    if taken is not None:
        again = rescore(before=before, after=after, profile=taken.profile.settings)
        found = compare(before=again.before, after=again.after)
        notices = (*rescored_facts(again, taken), *_notices(before, after))
    else:
        found = compare(
            before=queries.standings_of(run=before), after=queries.standings_of(run=after)
        )
        found = _comparable_part(found, scored_alike)
        notices = tuple(_notices(before, after))
    lists: dict[str, Differing] = {kind: getattr(found, kind) for kind in SECTIONS}
    kind, page = request.GET.get("kind", ""), None
    if kind in lists:
        page = Paginator(lists[kind], paging.PAGE_SIZE).get_page(request.GET.get("page", "1"))
        shown: dict[str, Differing] = {kind: list(page)}
    else:
        kind, shown = "", {name: products[:SHORT_LIST] for name, products in lists.items()}
    return {
        "other": other,
        "before": before,
        "after": after,
        "notices": notices,
        "unlike": scored_alike.reasons,
        "rescores": offers,
        "scored": taken.value if taken else "",
        "summary": _summary(found, is_partial=not scored_alike.verdicts and taken is None),
        "is_empty": found.is_empty and (scored_alike.verdicts or taken is not None),
        "sections": tuple(
            Section(name, len(lists[name]), lines) for name, lines in shown.items() if lines
        ),
        "kind": kind,
        "page": page,
    }


def _comparable_part(found: Comparison, scored_alike: Alike) -> Comparison:
    """Without the differences that may be those of the profiles or of the engine."""
    if scored_alike.verdicts:
        return found
    prices = found.prices if scored_alike.prices else ()
    return replace(found, verdicts=(), moves=(), prices=prices)


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
