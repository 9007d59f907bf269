"""Authorisation: every address × every role and nobody × whose the thing is that it names.

The addresses come from the URLconf (``addresses.py``), what each must answer from one table
(``rules.py``): an address that is not in it fails, and the sentence says what to add.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from discovery.accounts.api_tokens import create_api_token
from discovery.accounts.members import change_role
from discovery.accounts.roles import Role
from discovery.models import Niche, Run, Scope
from discovery.profiles.service import ensure_shipped_profiles
from tests.arbvault.matrix.addresses import ADDRESSES, PATHS, Address
from tests.arbvault.matrix.belongings import Belongings, address_of, in_browser
from tests.arbvault.matrix.rules import (
    OF_ADMINISTRATORS_TOO,
    READ,
    READ_AND_POSTED,
    RULES,
    Answer,
    Caller,
    Rule,
    Whose,
    answer_of_call,
    answer_of_page,
    methods_of,
    rule_of,
)
from tests.arbvault.matrix.walks import Cell, is_login, mistakes, rows
from tests.arbvault.walking import look_up_once

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("_walked")]

# Rules of what one must be signed in for, in a browser or with a token.
GUARDED = {
    Rule.ADMINISTRATORS, Rule.SIGNED_IN, Rule.VIEWERS_TOO, Rule.PRODUCTS, Rule.OWNED,
    Rule.SHARED_READ, Rule.SHARED_USED,
}  # fmt: skip
NO_PAGES = {Rule.OPEN, Rule.CONFIGURED, Rule.PROGRAMS}
NAMES_THINGS = {Rule.OWNED, Rule.SHARED_READ, Rule.SHARED_USED}
CALLS = [address for address in ADDRESSES if address.is_call]
PAGES = [
    address for address in ADDRESSES if not address.is_call and RULES.get(address.name) in GUARDED
]


def test_every_address_has_a_rule() -> None:
    for address in ADDRESSES:
        rule_of(address)


def test_every_rule_is_of_an_address_that_exists() -> None:
    names = {address.name for address in ADDRESSES}
    assert {*RULES, *READ, *READ_AND_POSTED, *OF_ADMINISTRATORS_TOO} - names == set()
    assert {"api:discover", "discovery:run_niche", "admin:index", "metrics", "mcp"} <= names
    assert not READ & READ_AND_POSTED


def test_an_address_without_a_rule_says_what_to_add() -> None:
    with pytest.raises(AssertionError, match=r"into the table of tests/arbvault/matrix/rules\.py"):
        rule_of(Address("discovery:new", "/nouveau/"))


def test_what_names_a_thing_says_whose_it_is() -> None:
    """An address with an argument is none of those that name nothing."""
    named = {address.name for address in [*CALLS, *PAGES] if address.arguments}
    assert {name for name in named if RULES[name] is Rule.SIGNED_IN} == set()


# --- nobody ---------------------------------------------------------------------------------------


def test_a_stranger_is_sent_to_the_sign_in_page(client: Client) -> None:
    wrong = []
    for address in ADDRESSES:
        rule = rule_of(address)
        # What stands behind /admin/login/ is the site's own, and open.
        if rule in NO_PAGES or address.is_call or address.name == "admin:login":
            continue
        for method in ("GET", "POST"):
            response = client.generic(method, address.sample)
            # The documentation can only be read.
            is_read_alone = rule is Rule.DOCUMENTS and method == "POST"
            if is_read_alone and response.status_code == 405:
                continue
            if not is_login(response.get("Location", "")):
                wrong.append((method, address.name, response.status_code))
    assert wrong == []


def test_a_program_without_credentials_hears_401(
    client: Client, asked_of_keepa: list[str], paul: Belongings
) -> None:
    wrong_token = Client(headers={"authorization": "Bearer arb_wrong"})
    for stranger in (client, wrong_token):
        cells = [
            Cell(call, address_of(call, paul), call.method, Answer.UNKNOWN_CALLER) for call in CALLS
        ]
        assert mistakes(stranger, cells, asked_of_keepa=asked_of_keepa, of_others=paul) == []


# --- pages ----------------------------------------------------------------------------------------


def with_role(his: Belongings, role: Role) -> Client:
    change_role(member=his.user, role=role)
    return in_browser(his.user)


def share(his: Belongings) -> None:
    Niche.objects.filter(owner=his.user).update(shared=True)
    Run.objects.filter(owner=his.user).exclude(state=Run.State.DRAFT).update(shared=True)


def things(address: Address, anne: Belongings, paul: Belongings) -> Iterator[tuple[Whose, str]]:
    """Whose thing an address may name before anything is shared, and the path that names it."""
    yield Whose.OWN, address_of(address, anne)
    if rule_of(address) in NAMES_THINGS:
        yield Whose.PRIVATE, address_of(address, paul)


def shared_things(address: Address, paul: Belongings) -> Iterator[tuple[Whose, str]]:
    if {"niche_id", "run_id"} & set(address.arguments):
        yield Whose.SHARED, address_of(address, paul)


def page_cells(role: Role, address: Address, named: Iterator[tuple[Whose, str]]) -> Iterator[Cell]:
    for whose, path in named:
        for method in ("GET", "POST"):
            expected = answer_of_page(address, role, method, whose)
            yield Cell(address, path, method, expected, whose)


@pytest.mark.parametrize("role", Role)
def test_pages(
    anne: Belongings,
    paul: Belongings,
    role: Role,
    asked_of_keepa: list[str],
    monkeypatch: pytest.MonkeyPatch,
    settings: Any,
) -> None:
    look_up_once(monkeypatch, settings)
    browser = with_role(anne, role)
    cells = [c for page in PAGES for c in page_cells(role, page, things(page, anne, paul))]
    assert mistakes(browser, cells, asked_of_keepa=asked_of_keepa, of_others=paul) == []
    share(paul)
    asked_of_keepa.clear()
    cells = [c for page in PAGES for c in page_cells(role, page, shared_things(page, paul))]
    assert len(cells) > 60
    assert mistakes(browser, cells, asked_of_keepa=asked_of_keepa, of_others=paul) == []


@pytest.mark.parametrize("role", [Role.VIEWER, Role.MEMBER])
def test_no_other_method_does_anything(
    anne: Belongings,
    paul: Belongings,
    role: Role,
    asked_of_keepa: list[str],
    monkeypatch: pytest.MonkeyPatch,
    settings: Any,
) -> None:
    look_up_once(monkeypatch, settings)
    browser = with_role(anne, role)
    cells = [
        Cell(
            page, address_of(page, paul), method, answer_of_page(page, role, method, Whose.PRIVATE)
        )
        for page in PAGES
        for method in ("PUT", "PATCH", "DELETE")
    ]
    assert Answer.PASSED not in {cell.expected for cell in cells}
    assert mistakes(browser, cells, asked_of_keepa=asked_of_keepa, of_others=paul) == []


# --- the API --------------------------------------------------------------------------------------

TOKENS = {
    "a member's, read": Caller(Role.MEMBER, frozenset({Scope.READ})),
    "a member's, search": Caller(Role.MEMBER, frozenset({Scope.SEARCH})),
    "a member's, all": Caller(Role.MEMBER, frozenset(Scope)),
    "a viewer's, all": Caller(Role.VIEWER, frozenset(Scope)),
    "an administrator's, admin": Caller(Role.ADMINISTRATOR, frozenset({Scope.ADMIN})),
    "an administrator's, none": Caller(Role.ADMINISTRATOR, frozenset()),
}


def call_cells(
    caller: Caller, address: Address, named: Iterator[tuple[Whose, str]]
) -> Iterator[Cell]:
    for whose, path in named:
        expected = answer_of_call(address, caller, whose)
        yield Cell(address, path, address.method, expected, whose)


@pytest.mark.parametrize("role", Role)
def test_calls_by_session(
    anne: Belongings,
    paul: Belongings,
    role: Role,
    asked_of_keepa: list[str],
    monkeypatch: pytest.MonkeyPatch,
    settings: Any,
) -> None:
    look_up_once(monkeypatch, settings)
    browser, caller = with_role(anne, role), Caller(role)
    cells = [c for call in CALLS for c in call_cells(caller, call, things(call, anne, paul))]
    assert mistakes(browser, cells, asked_of_keepa=asked_of_keepa, of_others=paul) == []
    share(paul)
    asked_of_keepa.clear()
    cells = [c for call in CALLS for c in call_cells(caller, call, shared_things(call, paul))]
    assert len(cells) > 20
    assert mistakes(browser, cells, asked_of_keepa=asked_of_keepa, of_others=paul) == []


def test_calls_by_token(anne: Belongings, paul: Belongings, asked_of_keepa: list[str]) -> None:
    found = {}
    for name, caller in TOKENS.items():
        assert caller.role is not None
        change_role(member=anne.user, role=caller.role)
        text = create_api_token(user=anne.user, scopes=caller.scopes or ())[1]
        program = Client(headers={"authorization": f"Bearer {text}"})
        program.get("/api/v1/me")  # notes the token's use
        cells = [c for call in CALLS for c in call_cells(caller, call, things(call, anne, paul))]
        found[name] = mistakes(program, cells, asked_of_keepa=asked_of_keepa, of_others=paul)
        asked_of_keepa.clear()
    assert found == {name: [] for name in TOKENS}


# --- what is the site's own, and so the administrators' -------------------------------------------

CHANGES = [
    ("POST", "/configuration/profils/prudent/"),
    ("POST", "/configuration/profils/prudent/supprimer/"),
    ("POST", "/configuration/profils/prudent/defaut/"),
    ("POST", "/configuration/profils/prudent/revisions/1/retablir/"),
    ("PUT", "/api/v1/profiles/prudent"),
    ("DELETE", "/api/v1/profiles/prudent"),
    ("POST", "/api/v1/profiles/prudent/default"),
    ("POST", "/api/v1/profiles/prudent/revisions/1/restore"),
]


@pytest.mark.parametrize("role", Role)
def test_a_profile_of_the_site_is_read_by_all_and_changed_by_administrators(role: Role) -> None:
    ensure_shipped_profiles()
    user = User.objects.create_user("anne")
    change_role(member=user, role=role)
    browser = in_browser(user)
    assert browser.get("/configuration/profils/prudent/").status_code == 200
    assert browser.get("/api/v1/profiles/prudent").status_code == 200
    before = rows()
    for method, address in CHANGES[:1] if role is Role.ADMINISTRATOR else CHANGES:
        status = browser.generic(method, address, "{}", content_type="application/json").status_code
        assert (status == 403) is (role is not Role.ADMINISTRATOR), (method, address)
    if role is not Role.ADMINISTRATOR:
        assert rows() == before


def test_nor_by_an_administrators_token_without_the_scope() -> None:
    ensure_shipped_profiles()
    text = create_api_token(user=User.objects.create_superuser("root"))[1]
    program = Client(headers={"authorization": f"Bearer {text}"})
    program.get("/api/v1/me")  # notes the token's use
    before = rows()
    for method, address in CHANGES:
        if address.startswith("/api/"):
            answer = program.generic(method, address, "{}", content_type="application/json")
            assert answer.status_code == 403, (method, address)
    assert rows() == before


# --- Django's admin -------------------------------------------------------------------------------

DELETE_ALL = {"action": "delete_selected", "_selected_action": [1, 2, 3], "post": "yes"}
# Signing out is nobody's privilege; the two others stand behind addresses of the site's own.
ELSEWHERE = {"admin:login", "admin:logout", "admin:password_change"}
OF_THE_ADMIN = [
    address
    for address in ADDRESSES
    if rule_of(address) is Rule.ADMIN_SITE and address.name not in ELSEWHERE
]


@pytest.mark.parametrize("role", [Role.VIEWER, Role.MEMBER])
def test_the_admin_site_is_shut_to_who_is_no_administrator(
    anne: Belongings, paul: Belongings, role: Role, monkeypatch: pytest.MonkeyPatch, settings: Any
) -> None:
    """Administrators open all of it: tests/discovery/admin."""
    look_up_once(monkeypatch, settings)
    browser, before = with_role(anne, role), rows()
    keys = {"auth": paul.user.pk, "discovery": paul.niche.pk}
    for address in OF_THE_ADMIN:
        path = address.with_arguments(lambda _name, a=address: keys.get(a.route.split("/")[2], 1))
        assert is_login(browser.get(path)["Location"]), address.route
        posted = browser.post(path, DELETE_ALL)
        if role is Role.VIEWER:
            assert posted.status_code == 403, address.route
        else:
            assert is_login(posted["Location"]), address.route
    assert len(OF_THE_ADMIN) > 200
    assert rows() == before


# --- what is told apart by something else than a role ---------------------------------------------

SIGN_IN = [address.sample for address in ADDRESSES if RULES.get(address.name) is Rule.CONFIGURED]
SWITCHED = [address.sample for address in ADDRESSES if RULES.get(address.name) is Rule.SWITCHED]


@pytest.mark.parametrize("method", ["get", "post"])
def test_no_way_to_sign_in_is_there_before_it_is_configured(client: Client, method: str) -> None:
    for address in SIGN_IN:
        assert getattr(client, method)(address).status_code in {404, 405}, address


@pytest.mark.parametrize("local_login", [True, False])
def test_ways_to_sign_in_that_are_switched_on_open_nothing_by_themselves(
    client: Client, settings: Any, local_login: bool
) -> None:
    settings.MFA, settings.LOCAL_LOGIN = "required", local_login
    settings.OIDC_DISCOVERY_URL = "http://127.0.0.1:9"  # nobody answers there
    for address in SIGN_IN:
        for ask in (client.get, client.post):
            ask(address)
            assert is_login(client.get("/mon-compte/")["Location"]), address


def test_second_factors_are_there_where_they_are_switched_on_for_who_is_signed_in(
    client: Client, settings: Any
) -> None:
    browser = in_browser(User.objects.create_user("anne"))
    assert {browser.get(address).status_code for address in SWITCHED} == {404}
    settings.MFA = "optional"
    for address in SWITCHED:
        assert browser.get(address).status_code == 200, address
        for ask in (client.get, client.post):
            assert is_login(ask(address)["Location"]), address


@pytest.mark.parametrize(
    ("role", "scopes", "metrics", "agents"),
    [
        (None, None, 401, 401),
        (Role.ADMINISTRATOR, None, 401, 401),  # by their session
        (Role.MEMBER, {Scope.READ, Scope.SEARCH}, 403, 400),
        (Role.MEMBER, set(Scope), 403, 400),
        (Role.ADMINISTRATOR, {Scope.READ, Scope.SEARCH}, 403, 400),
        (Role.ADMINISTRATOR, {Scope.ADMIN}, 200, 400),
    ],
)
def test_what_programs_read_asks_for_a_token(
    role: Role | None, scopes: set[Scope] | None, metrics: int, agents: int
) -> None:
    """400: the door was open, and no message of the protocol was sent."""
    caller = Client()
    if role is not None:
        user = User.objects.create_user("anne")
        change_role(member=user, role=role)
        if scopes is None:
            caller.force_login(user)
        else:
            text = create_api_token(user=user, scopes=scopes)[1]
            caller = Client(headers={"authorization": f"Bearer {text}"})
    assert caller.get("/metrics").status_code == metrics
    for address in ("/mcp", "/mcp/"):
        assert caller.get(address).status_code == 405
        answer = caller.post(address, b"[", content_type="application/json")
        assert answer.status_code == agents


def test_what_is_open_is_open(client: Client) -> None:
    for address in ADDRESSES:
        if rule_of(address) is Rule.OPEN:
            response = client.get(address.sample)
            assert response.status_code not in {401, 403, 405}, address.name
            # Whoever is signed out already is shown where to sign in.
            assert address.name == "logout" or not is_login(response.get("Location", ""))


def test_the_walk_found_the_pages() -> None:
    assert {"/", "/admin/", "/mcp", "/metrics", *SIGN_IN} <= set(PATHS)
    assert len(CALLS) >= 140
    assert {method for page in PAGES for method in methods_of(page)} == {"GET", "POST"}
