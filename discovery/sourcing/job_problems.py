"""What can be wrong with a job as it is asked for, each with its own sentence."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from discovery.keepa.errors import FieldProblem, InvalidFilters

# Code -> sentence; what is not among them is a problem of any question.
OF_JOBS: dict[str, Any] = {
    "unknown_job_field": _("A job has no field of this name."),
    "no_niche": _("Choose one of your niches: this one is not there."),
    "no_seller": _("Name at least one seller: its identifier, or a link to its page on Amazon."),
    "not_a_seller": _("“%(value)s” is neither a seller’s identifier nor a link to a seller."),
    "nothing_watched": _("Choose favourites, purchases, or both."),
    "not_a_time": _("“%(value)s” is not a time of day, such as 07:30."),
    "too_many_times": _("At most %(limit)s times a day are possible."),
    "no_weekday": _("Choose at least one day of the week."),
    "not_a_weekday": _("“%(value)s” is not a day of the week: 0 is Monday, 6 is Sunday."),
    "cap_too_low": _(
        "One look asks its source for up to %(least)s tokens before any product: allow at least "
        "as many a day."
    ),
    "no_cost_kind": _("Choose at least one way of buying."),
    "no_such_profile": _("There is no business profile “%(slug)s”."),
    "not_a_group": _("An object was expected: each setting with its value."),
}


class JobProblem(FieldProblem):
    """One thing wrong with one field of a job: a stable code, and a sentence."""

    __slots__ = ()

    def __str__(self) -> str:
        if self.code in OF_JOBS:
            return str(OF_JOBS[self.code]) % dict(self.params)
        return super().__str__()


class InvalidJob(InvalidFilters):
    """A job that cannot be kept as it is asked for; ``errors``: field -> problems."""

    code = "invalid_job"
    summary = _("The job cannot be kept as asked.")


def job_refusal(code: str, **params: Any) -> ValidationError:
    """A problem of a job as readers of fields report it, said when it is shown."""
    problem = JobProblem(code, params)
    return ValidationError("%(problem)s", code=code, params={"problem": problem})
