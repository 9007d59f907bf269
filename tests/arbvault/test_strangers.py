"""Nobody reaches what is somebody else's: every address with an argument, every id that travels.

The addresses come from the URLconf and the names from the source: a new one without a rule here
fails. Each address is first shown to be the right one by its owner's own visit.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.conf import settings
from django.contrib.auth.models import User
from django.db import transaction
from django.test import Client
from django.urls import URLResolver, get_resolver
from django.utils import timezone
from django_q.models import OrmQ

from discovery.accounts.api_tokens import create_api_token
from discovery.accounts.members import change_role
from discovery.accounts.roles import Role
from discovery.lists.service import create_list
from discovery.models import (
    AlertChannel,
    ApiRate,
    BusinessProfile,
    Niche,
    Pick,
    ProductDecision,
    Purchase,
    Run,
    RunLine,
    Sale,
    SavedFilter,
    SourcingJob,
    TokenLedgerEntry,
)
from discovery.niches.service import Place, create_niche, move_niche
from discovery.products.decisions import add_favourite, record_decision
from discovery.products.purchases import Bought, Sold, record_purchase, record_sale
from discovery.products.scored import StatedCost
from discovery.profiles.service import active_profile, copy_profile, ensure_shipped_profiles
from discovery.runs.saved_filters import keep_filter
from discovery.scoring import VatBasis
from discovery.search.request import read_filters
from tests.arbvault.test_access import is_login
from tests.discovery.builders import (
    build_job,
    build_pick,
    finished_list,
    finished_run,
    scored_product,
)
from tests.discovery.lists.reading.examples import read_on

pytestmark = pytest.mark.django_db

ASKED = {
    "marketplace": "us", "category": "Books", "bsr_min": "10000", "bsr_max": "50000",
    "profile": "equilibre", "max_results": "20", "name": "Mine",
}  # fmt: skip


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
    browser = Client(headers={"accept-language": "en"})
    browser.force_login(user)
    return browser


@pytest.fixture
def paul() -> Belongings:
    ensure_shipped_profiles()
    return belongings("paul", asin="B00000PAUL")


@pytest.fixture
def anne(paul: Belongings) -> Belongings:
    return belongings("anne", asin="B00000ANNE")


# --- addresses ------------------------------------------------------------------------------------

# What stands for the argument `pk`, which names another thing at each address.
KEYS = {
    "discovery:revoke": lambda his: his.token_id,
    "discovery:strike_out": lambda his: his.decision.pk,
    "discovery:purchase": lambda his: his.purchase.pk,
    "discovery:change_purchase": lambda his: his.purchase.pk,
    "discovery:delete_purchase": lambda his: his.purchase.pk,
    "discovery:add_sale": lambda his: his.purchase.pk,
    "discovery:strike_sale": lambda his: his.purchase.pk,
    "discovery:choose_product": lambda his: his.listed.lines.get().pk,
    "discovery:forget_filter": lambda his: his.filter.pk,
    "discovery:job": lambda his: his.job.pk,
    "discovery:change_job": lambda his: his.job.pk,
    "discovery:pause_job": lambda his: his.job.pk,
    "discovery:resume_job": lambda his: his.job.pk,
    "discovery:copy_job": lambda his: his.job.pk,
    "discovery:delete_job": lambda his: his.job.pk,
    "discovery:run_job": lambda his: his.job.pk,
    "discovery:delete_channel": lambda his: his.channel.pk,
    "discovery:turn_channel": lambda his: his.channel.pk,
    "discovery:test_channel": lambda his: his.channel.pk,
    "discovery:pick": lambda his: his.pick.pk,
    "discovery:decide_pick": lambda his: his.pick.pk,
    "discovery:member_link": lambda his: his.user.pk,
    "discovery:member_role": lambda his: his.user.pk,
    "discovery:reset_factor": lambda his: his.user.pk,
    "discovery:deactivate_member": lambda his: his.user.pk,
    "discovery:reactivate_member": lambda his: his.user.pk,
}
# Addresses of what nobody owns: why, and what they answer instead of 404.
PRODUCTS = "products are everybody's, and what one decides about them is one's own"
SHARED = {
    "discovery:product": PRODUCTS,
    "discovery:check": PRODUCTS,
    "discovery:buy_box": PRODUCTS,
    "discovery:favourite": PRODUCTS,
    "discovery:decide": PRODUCTS,
    "discovery:why": PRODUCTS,
    "discovery:mark": PRODUCTS,
    "discovery:cost": PRODUCTS,
    "api:add": PRODUCTS,
    "api:remove": PRODUCTS,
    "api:get_product": PRODUCTS,
    "api:buy_buy_box": PRODUCTS,
    "api:check_offers": PRODUCTS,
    "api:calculate": PRODUCTS,
    "api:get_cost": PRODUCTS,
    "api:keep_cost": PRODUCTS,
    "api:forget_cost": PRODUCTS,
    "api:list_decisions_on": PRODUCTS,
    "api:decide_on": PRODUCTS,
    "api:open_category": "categories are everybody's",
    "discovery:choose_password": "the seal in the address says whose it is",
    "discovery:emergency": "the seal in the address says whose it is",
}
OF_ADMINISTRATORS = {
    "discovery:member_link",
    "discovery:member_role",
    "discovery:reset_factor",
    "discovery:deactivate_member",
    "discovery:reactivate_member",
    "api:get_member",
    "api:change_role",
    "api:make_link",
    "api:deactivate_member",
    "api:reactivate_member",
    "api:reset_second_factor",
}
# Its owner finds nothing there either: a line of a list without candidates, no second revision.
DEAD_ENDS = {"discovery:choose_product"}
OF_DRAFTS = {
    "discovery:correct_list", "discovery:start_list", "api:correct_list", "api:start_list",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Address:
    """A pattern of the URLconf with its name and its arguments."""

    name: str
    route: str
    arguments: tuple[str, ...]
    defaults: Mapping[str, Any]

    def of(self, his: Belongings) -> str:
        path = self.route
        for argument in self.arguments:
            path = path.replace(f"<{argument}>", str(self._value(argument, his)))
        return path

    def _run(self, his: Belongings) -> Run:
        if self.name in OF_DRAFTS:
            return his.draft
        if self.route.startswith("/autosourcing/"):
            return his.sourced
        is_list = self.route.startswith(("/listes/", "/api/v1/lists/"))
        return his.listed if is_list else his.search

    def _value(self, argument: str, his: Belongings) -> object:
        name = argument.rpartition(":")[2]
        is_gone = self.defaults.get("deleted") or self.name == "api:restore_niche"
        values: dict[str, Callable[[], object]] = {
            "niche_id": lambda: (his.deleted if is_gone else his.niche).pk,
            "line_id": lambda: his.listed.lines.get().pk,
            "run_id": lambda: self._run(his).pk,
            "pk": lambda: KEYS[self.name](his),
            "member_id": lambda: his.user.pk,
            "token_id": lambda: his.token_id,
            "slug": lambda: his.profile.slug,
            "number": lambda: 1,
            "marketplace": lambda: "us",
            "asin": lambda: his.search.lines.get().asin,
        }
        if name in values:
            return values[name]()
        owned = getattr(his, name.removesuffix("_id"), None)
        if owned is None:
            raise KeyError(f"no rule for the argument {name} of {self.name}")
        return owned.pk


def addresses(resolver: URLResolver, prefix: str = "/", space: str = "") -> Iterator[Address]:
    """Every address with an argument, the admin's apart."""
    for entry in resolver.url_patterns:
        route = prefix + str(entry.pattern)
        if isinstance(entry, URLResolver):
            if entry.namespace != "admin":
                inner = f"{entry.namespace}:" if entry.namespace else space
                yield from addresses(entry, route, inner)
        elif "<" in route and not route.startswith("/admin/"):
            arguments = tuple(part.partition(">")[0] for part in route.split("<")[1:])
            yield Address(f"{space}{entry.name}", route, arguments, entry.default_args)


def discovered() -> Iterator[Address]:
    for entry in addresses(get_resolver()):
        name = entry.name if ":" in entry.name else f"discovery:{entry.name}"
        yield Address(name, entry.route, entry.arguments, entry.defaults)


ADDRESSES = list(discovered())
OWNED = [address for address in ADDRESSES if address.name not in SHARED]


# Method -> how many addresses with it, at least, are there for their owner alone.
METHODS = {"GET": 9, "POST": 9, "PUT": 4, "DELETE": 4}


def rows() -> dict[str, list[Any]]:
    """Everything in our tables, and what is queued, by table; but how often the API was asked."""
    return {
        model._meta.label: list(model._default_manager.order_by("pk").values())
        for model in [*apps.get_app_config("discovery").get_models(), OrmQ]
        if model is not ApiRate
    }


def test_the_walk_found_the_addresses() -> None:
    names = {address.name for address in ADDRESSES}
    assert {"discovery:run_niche", "discovery:list", "discovery:revoke", *SHARED} <= names
    assert len(OWNED) >= 35


@pytest.mark.parametrize("method", METHODS)
def test_what_is_somebody_elses_is_not_there(
    anne: Belongings, paul: Belongings, method: str
) -> None:
    browser, before = in_browser(anne.user), rows()
    answers = {
        address.name: browser.generic(method, address.of(paul)).status_code for address in OWNED
    }
    reached = {
        name: status
        for name, status in answers.items()
        # 405: there is nothing behind this method, for anybody.
        if status not in ({403, 405} if name in OF_ADMINISTRATORS else {404, 405})
    }
    assert reached == {}
    assert list(answers.values()).count(404) >= METHODS[method]
    assert rows() == before


def test_everything_is_there_for_its_owner(paul: Belongings) -> None:
    browser = in_browser(paul.user)
    missing = []
    for address in OWNED:
        if address.name in DEAD_ENDS | OF_ADMINISTRATORS:
            continue
        statuses = set()
        for method in METHODS:
            with transaction.atomic():
                statuses.add(browser.generic(method, address.of(paul)).status_code)
                transaction.set_rollback(True)
        if not statuses - {404, 405}:
            missing.append((address.name, statuses))
    assert missing == []


# --- what is shared with the team ----------------------------------------------------------------

# Of what somebody shares, these are read, by viewers too;
READ = {
    "discovery:run", "discovery:progress", "discovery:compare_runs", "discovery:export",
    "discovery:list", "discovery:list_progress", "discovery:compare_lists", "discovery:list_export",
    "discovery:sourcing_run", "discovery:sourcing_progress", "discovery:compare_sourcing",
    "discovery:sourcing_export", "api:get_run", "api:delete_run", "api:list_lines",
    "api:export_lines", "api:compare", "api:get_list", "api:get_niche", "api:change_niche",
    "api:delete_niche",
}  # fmt: skip
# these make something of the reader's own: marks, a search, a copy.
MADE_ONES_OWN = {
    "discovery:selection", "discovery:list_selection", "discovery:sourcing_selection",
    "discovery:run_niche", "discovery:duplicate_niche", "api:run_niche", "api:duplicate_niche",
}  # fmt: skip
# All that names a niche or a run, of which every other address is its owner's alone.
OF_NICHES_AND_RUNS = [
    address
    for address in OWNED
    if {"niche_id", "run_id"} & {argument.rpartition(":")[2] for argument in address.arguments}
]
NOTHING_THERE = {404, 405}  # 405: nothing is behind this method, for anybody


def answers_to(role: Role, whose: str, address: Address, method: str) -> set[int]:
    """The statuses that keep the rules, by role, ownership and address."""
    if role is Role.VIEWER and method == "POST":
        return {403} if address.name.startswith("discovery:") else {403, 405}
    if whose == "foreign private":
        return NOTHING_THERE
    if address.name in READ and method == "GET":
        return {200}
    if address.name in READ | MADE_ONES_OWN:
        is_made = method == "POST" and address.name in MADE_ONES_OWN
        return {200, 201, 202, 302} if is_made else {405}
    if whose == "foreign shared":
        return NOTHING_THERE
    # 400: a call of the API without its body; 409: it cannot be done with this one.
    return {200, 202, 302, 400, 405, 409, 422}


def rows_of(user: User) -> list[Any]:
    """What the user's niches and runs say, and how many tokens were ever spent."""
    lines = RunLine.objects.filter(run__owner=user).order_by("pk")
    owned = [kind.objects.filter(owner=user).order_by("pk") for kind in (Niche, Run)]
    return [*(list(found.values()) for found in (*owned, lines)), TokenLedgerEntry.objects.count()]


def test_the_rules_of_sharing_name_addresses_that_exist() -> None:
    names = {address.name for address in OF_NICHES_AND_RUNS}
    assert names > READ | MADE_ONES_OWN
    assert len(names - READ - MADE_ONES_OWN) >= 20


@pytest.mark.parametrize(
    ("role", "whose"),
    [(role, whose) for role in Role for whose in ("own", "foreign private", "foreign shared")],
)
def test_what_is_shared_is_read_by_all_and_changed_by_its_owner_alone(
    anne: Belongings, paul: Belongings, role: Role, whose: str
) -> None:
    change_role(member=anne.user, role=role)
    owner = anne if whose == "own" else paul
    if whose == "foreign shared":
        Niche.objects.filter(owner=paul.user).update(shared=True)
        Run.objects.filter(owner=paul.user).exclude(state=Run.State.DRAFT).update(shared=True)
    browser, his = in_browser(anne.user), rows_of(paul.user)
    wrong = {}
    for address in OF_NICHES_AND_RUNS:
        for method in ("GET", "POST"):
            with transaction.atomic():
                status = browser.generic(method, address.of(owner)).status_code
                if status not in answers_to(role, whose, address, method):
                    wrong[method, address.name] = status
                if status not in {403, *NOTHING_THERE}:
                    assert rows_of(paul.user) == his, address.name
                transaction.set_rollback(True)
    assert wrong == {}


def test_the_admin_site_is_shut_to_members(anne: Belongings, paul: Belongings) -> None:
    browser = in_browser(anne.user)
    for model, key in (
        ("discovery/run", paul.search.pk),
        ("discovery/niche", paul.niche.pk),
        ("discovery/businessprofile", paul.profile.pk),
        ("discovery/apitoken", paul.token_id),
        ("auth/user", paul.user.pk),
    ):
        for page in ("change", "delete", "history"):
            for ask in (browser.get, browser.post):
                answer = ask(f"/admin/{model}/{key}/{page}/")
                assert answer.status_code == 302
                assert is_login(answer["Location"])
        chosen = {"action": "delete_selected", "_selected_action": [key], "post": "yes"}
        assert is_login(browser.post(f"/admin/{model}/", chosen)["Location"])
    assert Run.objects.filter(pk=paul.search.pk).exists()


# --- ids that travel in a form or behind a question mark -----------------------------------------

# "pk" is a second factor's: tests/discovery/accounts/test_second_factor.py removes nobody else's.
NAMES_OF_THINGS = {
    "asin", "avec", "deleted", "job", "line", "niche", "niche_id", "only", "pk", "profile", "run",
    "token",
}  # fmt: skip
# All that else is read from a form or an address: numbers, words, choices, none of them a key.
# Not among them are the conditions of a niche, whose fields are made from a table of conditions.
OTHERS = {
    "action", "address", "answer", "answers", "archives", "asked", "back", "bought_on", "bsr_max",
    "by", "by_email", "cache_alert", "category", "class", "column", "cost", "cost_vat", "currency",
    "daily_cap", "days", "decided", "decision", "density", "description", "digest_at", "dir",
    "email", "excluded", "file", "format", "gone", "goods", "grade", "heading_row", "hide_ignored",
    "id", "identifier", "in", "key", "kind", "known_cost", "mark", "marketplace", "name", "next",
    "note", "pack", "pack_priced", "page", "pattern", "place", "price", "price_max", "profit_min",
    "q", "quantity", "query", "quiet_from", "quiet_until", "rate", "received", "regime",
    "revision", "roi_min", "role", "scope", "scored", "search_finished", "seen", "setting",
    "sheet", "shipping", "sold_on", "sort", "source", "span", "stock", "subcategory", "team",
    "template", "text", "time_zone", "title", "units", "until", "verdict", "wanted", "window",
    "words",
}  # fmt: skip
# What proves who one is.
OTHERS |= {"again", "code", "credential", "password", "second"}
# Those of the form of a job.
OTHERS |= {
    "alert_cool_down", "alert_profit", "alert_roi", "cost_kinds", "daily_cap", "drop_percent",
    "filters", "max_results", "price_min", "sellers", "times", "weekdays",
}  # fmt: skip
READ_FROM = {"request.POST", "request.GET", "asked", "data", "self.data"}


def names_read(path: Path) -> Iterator[str]:
    """The names that a module reads from what it is sent, those of its forms' fields included."""
    for node in ast.walk(ast.parse(path.read_text())):
        match node:
            case ast.Call(
                func=ast.Attribute(value=source, attr="get" | "getlist"),
                args=[ast.Constant(value=str(name)), *_],
            ) if ast.unparse(source) in READ_FROM:
                yield name
            case ast.Compare(left=ast.Constant(value=str(name)), comparators=[source]) if (
                ast.unparse(source) in READ_FROM
            ):
                yield name
            case ast.ClassDef(body=body):
                for field in body:
                    match field:
                        case ast.Assign(targets=[ast.Name(id=name)], value=ast.Call(func=made)) if (
                            ast.unparse(made).endswith(("Field", "_typed"))
                        ):
                            yield name


def test_every_name_that_is_read_is_known_to_be_a_key_or_none() -> None:
    root = Path(settings.BASE_DIR)
    modules = [*root.glob("discovery/pages/**/*.py"), *root.glob("analytics/views/*.py")]
    found = {name for path in modules for name in names_read(path)}
    assert found - OTHERS == NAMES_OF_THINGS
    assert found >= OTHERS


@pytest.mark.parametrize("action", ["update", "run", "save", "quote", "look_up"])
def test_a_niche_of_somebody_else_is_neither_changed_nor_searched(
    anne: Belongings, paul: Belongings, action: str
) -> None:
    before = rows()
    for niche_id in (paul.niche.pk, paul.deleted.pk, 999_999, "9" * 5000, "x"):
        asked = ASKED | {"action": action, "niche_id": niche_id}
        answer = in_browser(anne.user).post("/niches/recherche/", asked)
        assert answer.status_code == 404
    assert rows() == before


def test_a_niche_of_ones_own_that_was_deleted_meanwhile_is_not_changed(anne: Belongings) -> None:
    before = rows()
    asked = ASKED | {"action": "update", "niche_id": anne.deleted.pk}
    assert in_browser(anne.user).post("/niches/recherche/", asked).status_code == 404
    del asked["niche_id"]
    assert in_browser(anne.user).post("/niches/recherche/", asked).status_code == 404
    assert rows() == before


def test_a_button_that_does_not_exist_starts_nothing(anne: Belongings) -> None:
    before = rows()
    asked = ASKED | {"action": "delete"}
    assert in_browser(anne.user).post("/niches/recherche/", asked).status_code == 400
    assert rows() == before


def test_what_an_address_names_is_ones_own_or_not_there(anne: Belongings, paul: Belongings) -> None:
    browser = in_browser(anne.user)
    hers, before = f"/niches/recherche/{anne.search.pk}", rows()
    for address in (
        f"/niches/?niche={paul.niche.pk}",
        f"/niches/?run={paul.search.pk}",
        f"{hers}/comparer/?avec={paul.search.pk}",
        f"/listes/{anne.listed.pk}/comparer/?avec={paul.listed.pk}",
    ):
        assert browser.get(address).status_code == 404, address
    # Said of one's own niche too once it is gone for good: the page stays, and offers nothing.
    for deleted in (paul.deleted.pk, paul.niche.pk, "9" * 5000):
        page = browser.get(f"/niches/?deleted={deleted}")
        assert page.status_code == 200
        assert "of paul" not in page.content.decode()
    assert rows() == before


def test_a_profile_of_somebody_else_is_as_one_that_does_not_exist(
    anne: Belongings, paul: Belongings
) -> None:
    browser, before = in_browser(anne.user), rows()
    for slug in (paul.profile.slug, "nobodys"):
        named = {"profile": slug}
        for address, data in (
            ("/niches/recherche/", ASKED | {"action": "run"} | named),
            (f"/listes/{anne.draft.pk}/relire/", {"marketplace": "us"} | named),
            (f"/listes/{anne.draft.pk}/lancer/", {"marketplace": "us"} | named),
        ):
            assert browser.post(address, data).status_code == 422, address
        answer = browser.post(
            "/api/v1/products/discover-with-scoring",
            {"asins": ["B00000PAUL"]} | named,
            content_type="application/json",
        )
        assert answer.status_code == 422
        assert answer.json()["code"] == "unknown_profile"
    assert rows() == before


def test_a_niche_whose_profile_is_no_longer_ones_own_is_not_searched_with_another(
    anne: Belongings, paul: Belongings
) -> None:
    Niche.objects.filter(pk=anne.niche.pk).update(profile=paul.profile)
    Run.objects.filter(pk=anne.search.pk).update(profile=paul.profile)
    before = rows()
    browser = in_browser(anne.user)
    for address in (
        f"/niches/{anne.niche.pk}/lancer/",
        f"{anne.search.get_absolute_url()}relancer/",
    ):
        answer = browser.post(address, follow=True)
        assert f"“{paul.profile.slug}”" in answer.content.decode()
    assert rows() == before


def test_products_of_another_ones_answer_are_not_in_ones_own(
    anne: Belongings, paul: Belongings
) -> None:
    browser, before = in_browser(anne.user), rows()
    his = {"asin": "B00000PAUL", "only": "B00000PAUL", "action": "favourite"}
    for address in (anne.search.get_absolute_url(), anne.listed.get_absolute_url()):
        for part in ("selection", "buy-box"):
            assert browser.post(f"{address}{part}/", his).status_code == 302
    line = paul.listed.lines.get()
    hers = anne.listed.lines.get()
    lines = f"{anne.listed.get_absolute_url()}lignes"
    assert browser.post(f"{lines}/{line.pk}/choisir/", his).status_code == 404
    assert browser.post(f"{lines}/{hers.pk}/choisir/", his).status_code == 404
    assert rows() == before


def test_a_cost_is_typed_in_lines_of_ones_own_alone(anne: Belongings, paul: Belongings) -> None:
    browser, before = in_browser(anne.user), rows()
    for line in (paul.search.lines.get(), paul.listed.lines.get()):
        for headers in ({}, {"hx-request": "true"}):
            asked = {"cost": "1", "line": line.pk}
            answer = browser.post(f"/produits/us/{line.asin}/cout/", asked, headers=headers)
            assert answer.status_code == 404
    # Nor in a line of one's own that holds another product.
    asked = {"cost": "1", "line": anne.search.lines.get().pk}
    assert browser.post("/produits/us/B00000PAUL/cout/", asked).status_code == 404
    assert rows() == before


def test_the_default_profile_is_the_sites_own(anne: Belongings) -> None:
    assert active_profile(user=anne.user).slug == "equilibre"
