"""Everything that can go wrong between us and Keepa, each error knowing what to do about it.

Two trees. The first is about Keepa; the second about a question that is refused before (or, for
a category that must be looked up, hardly before) anything is spent::

    KeepaError                     permanent?  retry_after, tokens_spent, code
    ├── KeepaRejected              yes         Keepa understood and said no
    │   ├── InvalidKey             yes         402, or 400 on /token
    │   ├── BadRequest             yes         400
    │   ├── NotFound               yes         404
    │   ├── EndpointNotInPlan      yes         402 or 404 on what not every plan has
    │   ├── ParameterOutOfRange    yes         405
    │   ├── KeepaRefused           yes         200, with an error in the body
    │   └── QuestionRefused        yes         a stored question not to be asked any more
    ├── TokensExhausted            no *        429, or our own budget says so beforehand
    │   └── DailyCapReached        no          what a job may spend in a day is spent
    ├── KeepaUnavailable           no          network fault or 5xx, after the retries
    │   └── KeepaTimeout           no          no answer in time; never retried on the spot
    └── GarbledAnswer              no          an answer that cannot be read

    InvalidQuestion (ValueError)   yes
    └── InvalidFilters             yes         ``errors``: field -> problems
        ├── UnknownMarketplace     yes
        └── UnknownCategory        yes         ``suggestions``

    * yes when the call is larger than the bucket can ever pay for.

No error ever holds the API key: not in its text, its arguments or its causes. They are raised
``from None`` wherever the original exception knows the address it asked.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext, pgettext_lazy


class KeepaError(Exception):
    """Keepa could not, or would not, answer.

    ``retry_after``: seconds until it makes sense to ask again, ``None`` when nobody knows or it
    never will. ``tokens_spent``: what the failed call has cost all the same; ``in_vain``: how many
    attempts were paid for, or may have been, without an answer of any use. ``code`` is stable
    and safe to store; ``str(error)`` is a sentence in the active language.
    """

    code: ClassVar[str] = "keepa_error"
    permanent: bool = False
    in_vain: int = 0
    template: ClassVar[Any] = _("Keepa could not answer.")

    def __init__(
        self,
        *,
        retry_after: float | None = None,
        tokens_spent: int = 0,
        http_status: int | None = None,
        detail: str = "",
    ) -> None:
        super().__init__(self.code)
        self.retry_after = retry_after
        self.tokens_spent = tokens_spent
        self.http_status = http_status
        self.detail = detail

    def __str__(self) -> str:
        text = str(self.template)
        return f"{text} ({self.detail})" if self.detail else text

    def __repr__(self) -> str:
        return (
            f"{type(self).__name__}(code={self.code!r}, retry_after={self.retry_after!r}, "
            f"tokens_spent={self.tokens_spent!r})"
        )

    def to_stored(self) -> dict[str, Any]:
        """The failure as stored with a run, a list or a lease: JSON values only.

        ``code``; ``retry_after`` in seconds; ``tokens_spent``; ``at``, now, ISO 8601 in UTC;
        ``in_vain`` where there was any.
        """
        stored = {
            "code": self.code,
            "retry_after": self.retry_after,
            "tokens_spent": self.tokens_spent,
            "at": timezone.now().isoformat(),
        }
        return stored | {"in_vain": self.in_vain} if self.in_vain else stored

    @staticmethod
    def from_stored(stored: Mapping[str, Any]) -> KeepaError:
        """The error again; ``KeepaUnavailable`` for a code this version does not know."""
        kind = kind_of(stored.get("code")) or KeepaUnavailable
        error = kind(
            retry_after=stored.get("retry_after"), tokens_spent=stored.get("tokens_spent") or 0
        )
        error.in_vain = stored.get("in_vain") or 0
        return error

    def __reduce__(self) -> tuple[Any, ...]:
        return _revive, (type(self), dict(self.__dict__))


def kind_of(code: object) -> type[KeepaError] | None:
    """The class with this ``code``, if any."""
    kinds: list[type[KeepaError]] = [KeepaError]
    for kind in kinds:
        if kind.code == code:
            return kind
        kinds += kind.__subclasses__()
    return None


def _revive(kind: type[Exception], state: Mapping[str, Any]) -> Exception:
    # Exceptions are copied and pickled by their positional arguments, of which these have none.
    error = kind.__new__(kind)
    error.__dict__.update(state)
    return error


class KeepaRejected(KeepaError):
    """Keepa understood the question and will not answer it, however often it is asked."""

    code = "keepa_rejected"
    permanent = True
    template = _("Keepa rejected the request.")


class InvalidKey(KeepaRejected):
    """The key is unknown (HTTP 400 on ``/token``), or its subscription has lapsed (402)."""

    code = "invalid_key"
    template = _("Keepa refused the API key: it is wrong, or its subscription has ended.")

    def __str__(self) -> str:
        if self.http_status == 400:
            return str(
                _("The Keepa API key is wrong: Keepa does not know it. Correct it and try again.")
            )
        return super().__str__()


class BadRequest(KeepaRejected):
    """HTTP 400: Keepa rejects a parameter."""

    code = "bad_request"
    template = _("Keepa rejected the request as malformed.")


class NotFound(KeepaRejected):
    """HTTP 404."""

    code = "not_found"
    template = _("Keepa does not know what was asked for.")


class EndpointNotInPlan(KeepaRejected):
    """HTTP 402 or 404 on ``/deal`` or ``/seller``, while the key itself is accepted.

    ``detail`` is the endpoint. Another plan has it: asking again with this one is of no use.
    """

    code = "endpoint_not_in_plan"
    template = _("The Keepa plan does not include this kind of question.")
    of_endpoint: ClassVar[Mapping[str, Any]] = {
        "deal": _("The Keepa plan does not include deals."),
        "seller": _("The Keepa plan does not include sellers."),
    }

    def __str__(self) -> str:
        return str(self.of_endpoint.get(self.detail, self.template))


class ParameterOutOfRange(KeepaRejected):
    """HTTP 405, which Keepa uses for a parameter out of its range."""

    code = "parameter_out_of_range"
    template = _("Keepa refused a value as out of range.")


class KeepaRefused(KeepaRejected):
    """HTTP 200 with an ``error`` in the body."""

    code = "keepa_refused"
    template = _("Keepa answered with an error.")


class QuestionRefused(KeepaRejected):
    """A stored question that is not asked: what it says of categories is no longer true."""

    code = "question_refused"
    template = _(
        "This search was not made: one of its categories is not on its marketplace. Correct it."
    )


class TokensExhausted(KeepaError):
    """Not enough tokens, said by Keepa (429) or foreseen by our own budget.

    ``needed`` and ``available`` are tokens; ``available`` is the projected balance, without
    what other calls have reserved.
    """

    code = "tokens_exhausted"
    template = _("Not enough Keepa tokens.")

    def __init__(
        self,
        *,
        needed: int | None = None,
        available: int | None = None,
        permanent: bool = False,
        **common: Any,
    ) -> None:
        super().__init__(**common)
        self.needed = needed
        self.available = available
        self.permanent = permanent

    def __str__(self) -> str:
        if self.permanent:
            return str(_("This asks for more tokens at once than the Keepa plan can ever hold."))
        if self.needed is None or self.available is None:
            return super().__str__()
        numbers = {"needed": self.needed, "available": max(self.available, 0)}
        return (
            ngettext(
                "Not enough Keepa tokens: %(needed)d needed, %(available)d available.",
                "Not enough Keepa tokens: %(needed)d needed, %(available)d available.",
                self.needed,
            )
            % numbers
        )


class DailyCapReached(TokensExhausted):
    """A job has spent what it may in a day; ``retry_after`` is when the next one begins."""

    code = "daily_cap_reached"
    template = _("The job has spent all the tokens it may in a day.")


class KeepaUnavailable(KeepaError):
    """The network or Keepa's servers failed, retries included."""

    code = "keepa_unavailable"
    template = _("Keepa cannot be reached at the moment.")


class KeepaTimeout(KeepaUnavailable):
    """No answer in time."""

    code = "keepa_timeout"
    template = _("Keepa took too long to answer.")


class GarbledAnswer(KeepaError):
    """The answer is not what Keepa's protocol promises: cut off, not JSON, or of wrong types."""

    code = "garbled_answer"
    template = _("Keepa's answer could not be read.")


# What can be wrong with one field of a question: code -> sentence.
PROBLEMS: dict[str, Any] = {
    "required": _("This is required."),
    "not_a_number": _("“%(value)s” is not a number."),
    "not_an_integer": _("“%(value)s” is not a whole number."),
    "ambiguous_number": _(
        "“%(value)s” can be read in two ways. Please write %(whole)s or %(decimal)s."
    ),
    "not_text": _("Text was expected."),
    "not_a_list": _("A list was expected."),
    "not_a_boolean": _("Yes or no was expected."),
    "not_a_range": _("Two numbers were expected: the lowest and the highest."),
    "too_few": _("The quantity must be at least %(limit)s."),
    "too_small": _("%(value)s is below the smallest value allowed, %(limit)s."),
    "too_large": _("%(value)s is above the largest value allowed, %(limit)s."),
    "reversed": _("The lowest value (%(low)s) is above the highest (%(high)s)."),
    "too_many": _("%(count)s values were given; at most %(limit)s are allowed."),
    "too_long": _("This is too long: at most %(limit)s characters."),
    "unknown_choice": _("“%(value)s” is not one of: %(choices)s."),
    "unknown_field": _("There is no filter of this name."),
    "unknown_marketplace": _("“%(value)s” is not a marketplace we know: %(choices)s."),
    "unknown_category": _("There is no category “%(value)s” on this marketplace."),
    "did_you_mean": _("There is no category “%(value)s” on this marketplace. Close: %(close)s."),
    "ambiguous_category": _("“%(value)s” names several categories: %(close)s."),
    "mixed_categories": _("Choose either whole departments or sub-categories, not both."),
    "not_a_root": _("“%(value)s” is a sub-category, not a department."),
    "nothing_asked": _("Choose at least one category, or words to look for."),
    "not_an_identifier": _("“%(value)s” is neither an ASIN nor a valid ISBN, EAN or UPC."),
    "not_an_object": _("An object was expected: each identifier with the price paid for it."),
    "not_a_group": _("An object was expected."),
    "cost_of_nothing": _("“%(value)s” is not among the products asked about."),
    "not_a_sort": _(
        "“%(value)s” is no order: each is a field of the Product Finder with “asc” or “desc”."
    ),
    "beyond_results": _("Keepa lists no more than the first %(limit)s products of a search."),
    "category_elsewhere": _(
        "%(value)s is %(name)s on %(elsewhere)s; %(here)s has no category of that number."
    ),
    "category_has_a_twin": _(
        "%(value)s is %(name)s on %(elsewhere)s; on %(here)s it is %(twins)s."
    ),
    "no_such_number": _("Keepa knows no category %(value)s on %(here)s."),
    "no_cursor": _("This is no cursor of this list in this order."),
    "unreadable": _("This stored condition cannot be read."),
}
_LIST_SEPARATOR = pgettext_lazy("between items of a list", ", ")


@dataclass(frozen=True, slots=True)
class FieldProblem:
    """One thing wrong with one field: a stable code, and a sentence in the active language."""

    code: str
    params: Mapping[str, Any] = field(default_factory=dict)

    def __str__(self) -> str:
        shown = {
            name: str(_LIST_SEPARATOR).join(map(str, value))
            if isinstance(value, list | tuple)
            else value
            for name, value in self.params.items()
        }
        return str(PROBLEMS[self.code]) % shown


class InvalidQuestion(ValueError):
    """A question that makes no sense: refused before it is asked, and never worth repeating."""

    code: ClassVar[str] = "invalid_question"
    permanent = True
    retry_after: float | None = None
    tokens_spent = 0


class InvalidFilters(InvalidQuestion):
    """Filters that cannot be asked. ``errors`` holds the problems of each field, by name.

    ``tokens_spent`` is what finding that out has cost: 0, but for a category looked up at Keepa.
    """

    code = "invalid_filters"
    summary: ClassVar[Any] = _("The search cannot be made as asked.")

    def __init__(
        self, errors: Mapping[str, Sequence[FieldProblem]], *, tokens_spent: int = 0
    ) -> None:
        super().__init__(self.code)
        self.tokens_spent = tokens_spent
        self.errors = {name: tuple(problems) for name, problems in errors.items()}

    @property
    def messages(self) -> dict[str, list[str]]:
        """The sentences of each field, in the active language."""
        return {name: [str(problem) for problem in found] for name, found in self.errors.items()}

    def __str__(self) -> str:
        return " ".join(
            f"{name}: {' '.join(sentences)}" for name, sentences in self.messages.items()
        )

    def __reduce__(self) -> tuple[Any, ...]:
        return _revive, (type(self), dict(self.__dict__))


class UnknownMarketplace(InvalidFilters):
    """A marketplace Keepa does not follow."""

    code = "unknown_marketplace"

    def __init__(self, value: object, choices: Sequence[str]) -> None:
        params = {"value": str(value)[:40], "choices": tuple(choices)}
        super().__init__({"marketplace": [FieldProblem("unknown_marketplace", params)]})


class UnknownCategory(InvalidFilters):
    """A category name or id that stands for nothing, or for several things.

    ``suggestions`` are names close to what was asked. ``tokens_spent`` is what looking it up at
    Keepa has cost (1 at most), 0 when it was refused without asking.
    """

    code = "unknown_category"

    def __init__(
        self,
        problems: Sequence[FieldProblem],
        *,
        suggestions: Sequence[str] = (),
        tokens_spent: int = 0,
    ) -> None:
        super().__init__({"categories": problems}, tokens_spent=tokens_spent)
        self.suggestions = tuple(suggestions)
