"""One of everything a user can own, and how an address names it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal

from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone

from discovery.accounts.api_tokens import create_api_token
from discovery.lists.service import create_list
from discovery.models import (
    AlertChannel,
    BusinessProfile,
    Niche,
    Pick,
    ProductDecision,
    Purchase,
    Run,
    Sale,
    SavedFilter,
    SourcingJob,
)
from discovery.niches.service import Place, create_niche, move_niche
from discovery.products.decisions import add_favourite, record_decision
from discovery.products.purchases import Bought, Sold, record_purchase, record_sale
from discovery.products.scored import StatedCost
from discovery.profiles.service import copy_profile
from discovery.runs.saved_filters import keep_filter
from discovery.scoring import VatBasis
from discovery.search.request import read_filters
from tests.arbvault.matrix.addresses import Address
from tests.discovery.builders import (
    build_job,
    build_pick,
    finished_list,
    finished_run,
    scored_product,
)
from tests.discovery.lists.reading.examples import read_on


@dataclass(frozen=True, slots=True)
class Belongings:
    """One of everything a user can own."""

    user: User
    niche: Niche
    deleted: Niche
    search: Run
    listed: Run
    draft: Run
    profile: BusinessProfile
    token_id: int
    decision: ProductDecision
    filter: SavedFilter
    purchase: Purchase
    sale: Sale
    channel: AlertChannel
    pick: Pick
    job: SourcingJob
    sourced: Run


def belongings(name: str, *, asin: str) -> Belongings:
    """A new user with one of everything; the shipped profiles are there already."""
    user = User.objects.create_user(name)
    asked = {"marketplace": "us", "categories": ["Books"], "bsr_range": [10_000, 50_000]}
    kept, gone = (
        create_niche(owner=user, name=f"{label} of {name}", filters=read_filters(asked))
        for label in ("kept", "gone")
    )
    move_niche(niche=gone, to=Place.DELETED, now=timezone.now())
    shared = BusinessProfile.objects.get(slug="equilibre")
    own = copy_profile(profile=shared, name=f"Profile of {name}", owner=user)
    lines = f"ASIN;Cost\n{asin};3\n"
    token, _text = create_api_token(user=user, name="token")
    add_favourite(user=user, marketplace="us", asin=asin)
    decision = record_decision(
        user=user, marketplace="us", asin=asin, kind=ProductDecision.Kind.NOTE, note="noted"
    )
    purchase = record_purchase(
        user=user,
        marketplace="us",
        asin=asin,
        bought=Bought(StatedCost(Decimal(3), VatBasis.INCLUDED), 2),
    )
    sale = record_sale(
        user=user,
        purchase_id=purchase.pk,
        sold=Sold(sold_on=purchase.bought_on, quantity=1, price=Decimal(9)),
    )
    products = [scored_product(asin=asin)]
    job = build_job(owner=user)
    return Belongings(
        user=user,
        niche=kept,
        deleted=gone,
        search=finished_run(owner=user, products=products, niche=kept),
        listed=finished_list(owner=user, products=products),
        draft=create_list(
            owner=user, name="draft", read=read_on("us", lines), marketplace="us", source=lines
        ),
        profile=own,
        token_id=token.pk,
        decision=decision,
        filter=keep_filter(user=user, name="filter", query="sort=bsr"),
        purchase=purchase,
        sale=sale,
        channel=AlertChannel.objects.create(owner=user, name="phone", scheme="ntfys", address=b""),
        pick=build_pick(owner=user, asin=asin),
        job=job,
        sourced=finished_run(owner=user, products=products, kind="sourcing", job=job),
    )


def in_browser(user: User) -> Client:
    """A browser in which the user is signed in."""
    browser = Client(headers={"accept-language": "en"})
    browser.force_login(user)
    return browser


# What stands for the argument `pk` of pages, by the last part of their name.
OF_PK: dict[str, Callable[[Belongings], int]] = {
    "revoke": lambda his: his.token_id,
    "strike_out": lambda his: his.decision.pk,
    "choose_product": lambda his: his.listed.lines.get().pk,
    "forget_filter": lambda his: his.filter.pk,
    "add_sale": lambda his: his.purchase.pk,
    "strike_sale": lambda his: his.purchase.pk,
    "reset_factor": lambda his: his.user.pk,
}
# … and of the others by the word that their name ends with, or begins with.
OF_A_WORD: dict[str, Callable[[Belongings], int]] = {
    "purchase": lambda his: his.purchase.pk,
    "job": lambda his: his.job.pk,
    "channel": lambda his: his.channel.pk,
    "pick": lambda his: his.pick.pk,
    "member": lambda his: his.user.pk,
}
OF_DRAFTS = {
    "discovery:correct_list", "discovery:start_list", "api:correct_list", "api:start_list",
}  # fmt: skip


def address_of(address: Address, his: Belongings) -> str:
    """The address of what is his; raises ``KeyError`` for an argument that is not known here."""
    return address.with_arguments(lambda argument: _value(address, argument, his))


def _value(address: Address, argument: str, his: Belongings) -> object:
    is_gone = address.defaults.get("deleted") or address.name == "api:restore_niche"
    values: dict[str, Callable[[], object]] = {
        "niche_id": lambda: (his.deleted if is_gone else his.niche).pk,
        "line_id": lambda: his.listed.lines.get().pk,
        "run_id": lambda: _run(address, his).pk,
        "pk": lambda: _key(address, his),
        "member_id": lambda: his.user.pk,
        "token_id": lambda: his.token_id,
        "slug": lambda: his.profile.slug,
        "number": lambda: 1,
        "marketplace": lambda: "us",
        "asin": lambda: his.search.lines.get().asin,
        "category_id": lambda: 283155,
        "uidb64": lambda: "x",
        "token": lambda: "x",
    }
    if argument in values:
        return values[argument]()
    owned = getattr(his, argument.removesuffix("_id"), None)
    if owned is None:
        raise KeyError(
            f"What stands for <{argument}> in {address.route}? Say so in belongings.py, with what "
            "everybody has one of."
        )
    return owned.pk


def _run(address: Address, his: Belongings) -> Run:
    if address.name in OF_DRAFTS:
        return his.draft
    if address.route.startswith("/autosourcing/"):
        return his.sourced
    is_list = address.route.startswith(("/listes/", "/api/v1/lists/"))
    return his.listed if is_list else his.search


def _key(address: Address, his: Belongings) -> int:
    name = address.name.rpartition(":")[2]
    words = name.split("_")
    found = OF_PK.get(name) or OF_A_WORD.get(words[-1]) or OF_A_WORD.get(words[0])
    if found is None:
        raise KeyError(f"What stands for <pk> in {address.route}? Say so in belongings.py.")
    return found(his)
