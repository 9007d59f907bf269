"""The box of every page: from a code, a link or words to what is known, and to the verdict."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from http import HTTPStatus

from django.contrib import messages
from django.contrib.auth.models import AbstractBaseUser
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from discovery.accounts.members import signed_in
from discovery.keepa.errors import KeepaError
from discovery.keepa.marketplaces import MARKETPLACES
from discovery.lists.text import bad_text
from discovery.one_box import service
from discovery.one_box.queries import Found, found_by_title
from discovery.one_box.reading import Kind, Question, read_question
from discovery.pages.choices import default_marketplace, marketplace_choices
from discovery.profiles.service import ActiveProfile, UnknownProfile, active_profile
from discovery.search.failures import STATUS_OF, failure_of


@dataclass(frozen=True, slots=True)
class OneBoxPage:
    """What the page shows; ``wrong`` is why a text cannot be read, ``failure`` why nothing came.

    ``address`` is this page with what it was asked, ``product`` that of the product it found.
    """

    question: Question
    marketplace: str
    marketplaces: Sequence[tuple[str, str]]
    profile: ActiveProfile
    wrong: str = ""
    answer: service.Answer | None = None
    found: tuple[Found, ...] = ()
    product: str = ""
    failure: str = ""


@never_cache
@require_safe
def one_box(request: HttpRequest) -> HttpResponse:
    """What is known of ``?q=``, for no token: ``?marketplace=&profile=`` say of where, for whom."""
    return _page(request, request.GET)


@require_POST
def buy_verdict(request: HttpRequest) -> HttpResponse:
    """Buy what the verdict on ``q=`` needs, then show it: reload is free.

    404 for a profile that is not open to the user: nothing is bought for another one.
    """
    user, asked = signed_in(request), request.POST
    question = read_question(asked.get("q", ""))
    if question.identifier is None:
        return redirect(_address(question.text, {}))
    try:
        profile = active_profile(slug=asked.get("profile") or None, user=user)
    except UnknownProfile:
        raise Http404 from None
    marketplace = _marketplace(asked, question, user)
    try:
        problem = service.buy(
            identifier=question.identifier, marketplace=marketplace, profile=profile, user=user
        ).problem
    except KeepaError as error:
        failure = failure_of(error)
        return _page(request, asked, failure=failure.message, status=STATUS_OF[failure.blame])
    if problem is not None:
        messages.warning(request, str(problem))
    chosen = {"marketplace": marketplace, "profile": asked.get("profile", "")}
    return redirect(_address(question.text, chosen))


def _page(
    request: HttpRequest, asked: QueryDict, *, failure: str = "", status: int = HTTPStatus.OK
) -> HttpResponse:
    user = signed_in(request)
    question = read_question(asked.get("q", ""))
    try:
        profile = active_profile(slug=asked.get("profile") or None, user=user)
    except UnknownProfile:
        profile = active_profile(user=user)
    marketplace = _marketplace(asked, question, user)
    answer, product = None, ""
    found: tuple[Found, ...] = ()
    if question.identifier is not None:
        answer = service.look(
            identifier=question.identifier,
            marketplace=marketplace,
            profile=profile,
            user=user,
            now=timezone.now(),
        )
        if answer.card is not None:
            product = reverse("discovery:product", args=[marketplace, answer.asin])
            product += f"?{urlencode({'profile': profile.slug})}"
    elif question.kind is Kind.WORDS:
        found = found_by_title(user=user, words=question.text)
    page = OneBoxPage(
        question=question,
        marketplace=marketplace,
        marketplaces=marketplace_choices(),
        profile=profile,
        wrong=bad_text(question.wrong) if question.wrong else "",
        answer=answer,
        found=found,
        product=product,
        failure=failure,
    )
    return render(request, "discovery/one_box/answer.html", {"page": page}, status=status)


def _marketplace(asked: QueryDict, question: Question, user: AbstractBaseUser) -> str:
    """The one chosen, else that of the link, else the user's."""
    chosen = asked.get("marketplace", "")
    if chosen in MARKETPLACES:
        return chosen
    return question.marketplace or default_marketplace(user)


def _address(text: str, chosen: dict[str, str]) -> str:
    query = {"q": text} | {name: value for name, value in chosen.items() if value}
    return f"{reverse('discovery:one_box')}?{urlencode(query)}"
