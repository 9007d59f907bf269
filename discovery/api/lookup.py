"""The one box over the API: a product, a list or words, told apart; the verdict bought if asked."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _
from ninja import Query, Router, Schema
from pydantic import Field

from discovery.accounts.preferences import preferences_of
from discovery.api.auth import caller_of
from discovery.api.fields import Body, lines, marketplace, refuse, words
from discovery.api.idempotency import idempotent
from discovery.api.parameters import AnyMarket, ProfileSlug, example, profile_of
from discovery.api.product_example import SCORED
from discovery.api.product_schemas import SPENDING_REFUSALS
from discovery.api.schemas import AnswerProblem, Candidate, ScoredProduct
from discovery.keepa.marketplaces import marketplace_of
from discovery.lists.text import bad_text
from discovery.niches.service import HOME
from discovery.one_box import service
from discovery.one_box.queries import Found, found_by_title
from discovery.one_box.reading import LONGEST, Kind, Question, read_question
from discovery.products.as_json import candidate_answer, product_answer
from discovery.products.overview import at_known_cost, scored
from discovery.profiles.service import ActiveProfile
from discovery.search.failures import problem_of
from discovery.search.request_fields import LONGEST_SLUG

router = Router(tags=["lookup"])
Text = Annotated[
    str,
    Query(max_length=LONGEST, description="An ASIN, a code, a link to Amazon, lines, or words."),
]
BODY = Body(
    "Lookup",
    {
        "q": lines("As of `GET /lookup`; it has to name one product.", longest=LONGEST).required,
        "marketplace": marketplace("Else that of the link, else the caller's."),
        "profile": words("A business profile (slug); else the caller's.", longest=LONGEST_SLUG),
    },
    {"q": "3700000000000", "marketplace": "fr"},
)


class FoundAnswer(Schema):
    """A product of the caller's own whose title holds the words."""

    marketplace: str
    asin: str
    title: str


class LookupAnswer(Schema):
    """What a text is, and what is known of it."""

    model_config = example(
        kind="product", text="B00EXAMPLE", problem=None, marketplace="us", foreign_store="",
        state="known", asin="B00EXAMPLE", age_seconds=7200, tokens=0, tokens_most=0,
        product=SCORED, candidates=[], found=[], tokens_spent=0, partial=None,
    )  # fmt: skip
    kind: Literal["nothing", "product", "lines", "words", "unreadable"]
    text: str = Field(description="Of `lines`, one product a line: what `POST /lists` takes.")
    problem: str | None = Field(description="What is wrong with what cannot be read.")
    marketplace: str
    foreign_store: str = Field(description="Of a link to a store that Keepa does not follow.")
    state: Literal["known", "to_buy", "several", "no_product", "no_data"] | None
    asin: str
    age_seconds: int | None
    tokens: int = Field(description="What the verdict costs in any case, fresh.")
    tokens_most: int
    product: ScoredProduct | None
    candidates: list[Candidate]
    found: list[FoundAnswer]
    tokens_spent: int
    partial: AnswerProblem | None = Field(description="What went wrong after something was had.")


@router.get("", response={200: LookupAnswer} | SPENDING_REFUSALS, summary="What a text names")
def look_up(
    request: HttpRequest,
    q: Text = "",
    marketplace: AnyMarket = None,
    profile: ProfileSlug = None,
) -> dict[str, Any]:
    """What is known of a product, a code, a link, several lines or words; for no token."""
    user, question = caller_of(request), read_question(q.replace("\x00", " "))
    chosen = profile_of(profile, user=user)
    return _answer(request, question, _market(request, question, marketplace), chosen)


@router.post(
    "",
    response={200: LookupAnswer} | SPENDING_REFUSALS,
    openapi_extra=BODY.openapi,
    summary="Buy the verdict on a product",
)
@idempotent
def buy_verdict(request: HttpRequest) -> dict[str, Any]:
    """Buy what the verdict on one product needs; what is known and fresh is not bought again."""
    user, said = caller_of(request), BODY.read(request)
    question = read_question(said["q"].replace("\x00", " "))
    if question.identifier is None:
        raise refuse("q", _no_product(question))
    market = _market(request, question, said["marketplace"])
    chosen = profile_of(said["profile"], user=user)
    bought = service.buy(
        identifier=question.identifier,
        marketplace=market,
        profile=chosen,
        user=user,
        source="api",
    )
    told = {"tokens_spent": bought.tokens_spent, "partial": problem_of(bought.problem)}
    return _answer(request, question, market, chosen) | told


def _no_product(question: Question) -> str:
    if question.wrong:
        return bad_text(question.wrong)
    return _("“%(text)s” is neither an ASIN nor a valid ISBN, EAN or UPC.") % {
        "text": question.text[:40]
    }


def _market(request: HttpRequest, question: Question, chosen: str | None) -> str:
    if chosen:
        return marketplace_of(chosen).code
    return question.marketplace or preferences_of(user=caller_of(request)).marketplace or HOME


def _answer(
    request: HttpRequest, question: Question, market: str, profile: ActiveProfile
) -> dict[str, Any]:
    user, now = caller_of(request), timezone.now()
    answer: service.Answer | None = None
    found: tuple[Found, ...] = ()
    if question.identifier is not None:
        answer = service.look(
            identifier=question.identifier,
            marketplace=market,
            profile=profile,
            user=user,
            now=now,
        )
    elif question.kind is Kind.WORDS:
        found = found_by_title(user=user, words=question.text)
    product = None
    if answer and answer.stored:
        tried = at_known_cost(answer.stored, profile=profile, known=answer.cost)
        product = product_answer(scored(answer.stored, tried, now=now))
    return {
        "kind": question.kind.value,
        "text": question.text,
        "problem": bad_text(question.wrong) if question.wrong else None,
        "marketplace": market,
        "foreign_store": question.foreign_store,
        "state": answer.state.value if answer else None,
        "asin": answer.asin if answer else "",
        "age_seconds": round(answer.age.total_seconds()) if answer and answer.stored else None,
        "tokens": answer.quote.total if answer else 0,
        "tokens_most": answer.quote.most if answer else 0,
        "product": product,
        "candidates": [candidate_answer(one) for one in answer.candidates] if answer else [],
        "found": [
            {"marketplace": one.marketplace, "asin": one.asin, "title": one.title} for one in found
        ],
        "tokens_spent": 0,
        "partial": None,
    }
