"""Two runs held side by side: whether they can be, and what changed between them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from uuid import UUID

from django.contrib.auth.models import AbstractBaseUser
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from discovery.models import Run
from discovery.runs import queries
from discovery.runs.alike import Alike, Choice, alike, choices_for
from discovery.runs.comparison import Comparison, compare
from discovery.runs.rescoring import Rescored, rescore
from discovery.runs.sharing import readable_run

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


class NotComparable(Exception):
    """These two runs say nothing of each other; ``code`` is one of ``PROBLEMS`` of the kind."""

    code = "not_comparable"

    def __init__(self, kind: str, reason: str) -> None:
        super().__init__(reason)
        self.kind, self.reason = kind, reason

    def __str__(self) -> str:
        return _(PROBLEMS[self.kind][self.reason])


@dataclass(frozen=True, slots=True)
class Compared:
    """What differs between the ``before`` and the ``after``, the older one being ``before``.

    ``scored_alike`` says what could be compared at all. ``offers`` are the profiles with which both
    can be scored again, ``taken`` the one that was asked for and ``again`` what came of it.
    """

    before: Run
    after: Run
    found: Comparison
    scored_alike: Alike
    offers: tuple[Choice, ...] = ()
    taken: Choice | None = None
    again: Rescored | None = None

    @property
    def is_partial(self) -> bool:
        """Whether verdicts and ROI were left out."""
        return not self.scored_alike.verdicts and self.taken is None


def other_of(*, run: Run, asked: str, earlier: Sequence[Run], user: AbstractBaseUser) -> Run | None:
    """The run to compare with: the one ``asked`` for by its id, else the likest of ``earlier``.

    ``None`` when nothing is asked for and there is no earlier one. Raises ``NotComparable``, and
    ``Http404`` for a run that the user may not read.
    """
    if run.state != Run.State.DONE:
        raise NotComparable(run.kind, "no_answer")
    if not asked:
        return queries.likest(run=run, earlier=earlier)
    try:
        other_id = UUID(asked)
    except ValueError:
        raise NotComparable(run.kind, "unknown") from None
    other = readable_run(user=user, run_id=other_id, kind=Run.Kind(run.kind))
    if other.pk == run.pk:
        raise NotComparable(run.kind, "itself")
    if other.state != Run.State.DONE:
        raise NotComparable(run.kind, "other_has_none")
    if not queries.comparable_runs(run=run, user=user).filter(pk=other.pk).exists():
        raise NotComparable(run.kind, "not_the_same")
    return other


def compare_runs(*, run: Run, other: Run, user: AbstractBaseUser, scored: str = "") -> Compared:
    """What changed between two runs of ``other_of``; for no token.

    Only what was scored alike is compared. ``scored`` is the value of the offer with which both are
    to be scored again; one that is not offered is none.
    """
    before, after = sorted((run, other), key=lambda answered: answered.created_at)
    scored_alike = alike(before, after)
    offers = () if scored_alike.verdicts else choices_for(before, after, user=user)
    taken = next((one for one in offers if one.value == scored), None)
    if taken is not None:
        again = rescore(before=before, after=after, profile=taken.profile.settings)
        found = compare(before=again.before, after=again.after)
        return Compared(before, after, found, scored_alike, offers, taken, again)
    found = compare(before=queries.standings_of(run=before), after=queries.standings_of(run=after))
    return Compared(before, after, _comparable_part(found, scored_alike), scored_alike, offers)


def _comparable_part(found: Comparison, scored_alike: Alike) -> Comparison:
    """Without the differences that may be those of the profiles or of the engine."""
    if scored_alike.verdicts:
        return found
    prices = found.prices if scored_alike.prices else ()
    return replace(found, verdicts=(), moves=(), prices=prices)
