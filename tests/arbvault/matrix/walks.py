"""How the matrix is walked: what may not pass first, all of it; then what passes, undone again."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from django.apps import apps
from django.db import transaction
from django.test import Client
from django_q.models import OrmQ

from discovery.accounts.roles import READ_ONLY
from discovery.models import ApiRate, Niche, Run, RunLine, TokenLedgerEntry
from tests.arbvault.matrix.addresses import Address
from tests.arbvault.matrix.belongings import Belongings
from tests.arbvault.matrix.rules import MAYBE_NOTHING, Answer, Rule, Whose, rule_of

APPS = ("discovery", "analytics", "auth", "mfa", "account", "socialaccount")
CODES = {
    "read_only": Answer.READ_ONLY,
    "administrators_only": Answer.ADMINISTRATORS_ONLY,
    "insufficient_scope": Answer.SCOPE_MISSING,
}
STATUSES = {
    401: Answer.UNKNOWN_CALLER,
    404: Answer.NOT_THERE,
    405: Answer.OTHER_METHOD,
}


@dataclass(frozen=True, slots=True)
class Cell:
    """One of the matrix: who asks is the walk's, what is asked and what must be answered here."""

    address: Address
    path: str
    method: str
    expected: Answer
    whose: Whose = Whose.OWN


def rows() -> dict[str, list[Any]]:
    """Everything in our tables, and what is queued, by table; but how often the API was asked, and
    when the test has signed somebody in.
    """
    tables = [model for name in APPS for model in apps.get_app_config(name).get_models()]
    found = {
        model._meta.label: list(model._default_manager.order_by("pk").values())
        for model in [*tables, OrmQ]
        if model is not ApiRate
    }
    for user in found["auth.User"]:
        del user["last_login"]
    return found


def rows_of(his: Belongings) -> list[Any]:
    """What his niches and runs say, and how many calls were ever made to Keepa."""
    lines = RunLine.objects.filter(run__owner=his.user).order_by("pk")
    owned = [kind.objects.filter(owner=his.user).order_by("pk") for kind in (Niche, Run)]
    return [*(list(found.values()) for found in (*owned, lines)), TokenLedgerEntry.objects.count()]


def mistakes(
    client: Client, cells: Iterable[Cell], *, asked_of_keepa: list[str], of_others: Belongings
) -> list[str]:
    """What was answered otherwise than expected, in words; empty, if all is as it should be.

    What is refused must have changed no row and asked Keepa nothing; what passes changes nothing of
    ``of_others``, and is undone.
    """
    cells = list(cells)
    refused = [cell for cell in cells if cell.expected is not Answer.PASSED]
    before = rows()
    found = _wrong(refused, lambda cell: answered(client, cell))
    assert found or rows() == before, "a refused request has changed something"
    assert found or asked_of_keepa == [], "a refused request has asked Keepa"

    def undone(cell: Cell) -> str:
        savepoint = transaction.savepoint()
        his = rows_of(of_others) if cell.whose is Whose.SHARED else []
        told = answered(client, cell)
        if cell.whose is Whose.SHARED and rows_of(of_others) != his:
            told = "changes what is somebody else's"
        transaction.savepoint_rollback(savepoint)
        return told

    passing = [cell for cell in cells if cell.expected is Answer.PASSED]
    return found + _wrong(passing, undone)


def _wrong(cells: list[Cell], ask: Callable[[Cell], str]) -> list[str]:
    return [
        f"{cell.method} {cell.address.name} ({cell.whose}): {told}, expected: {cell.expected}"
        for cell in cells
        if (told := ask(cell)) != cell.expected
    ]


def answered(client: Client, cell: Cell) -> str:
    """The answer to a request of the cell's, as far as access goes."""
    if cell.address.is_call:
        response = client.generic(cell.method, cell.path, "{}", content_type="application/json")
    else:
        response = client.generic(cell.method, cell.path)
    status = response.status_code
    if status == 403:
        return _refusal(cell.address, response)
    if status == 404 and cell.expected is Answer.PASSED and _may_be_nothing(cell.address):
        return Answer.PASSED
    if status in STATUSES:
        return STATUSES[status]
    if is_login(response.get("Location", "")):
        return Answer.SIGN_IN
    # 502: the call went on to Keepa, which refuses.
    is_sound = status < 500 or (status == 502 and cell.address.is_call)
    return Answer.PASSED if is_sound else f"fails with {status}"


def _refusal(address: Address, response: Any) -> str:
    if address.is_call:
        code: str = response.json()["code"]
        return CODES.get(code, code)
    return Answer.READ_ONLY if str(READ_ONLY) in response.content.decode() else Answer.FORBIDDEN


def _may_be_nothing(address: Address) -> bool:
    """Whether it may name, or be about, what is not in the database: products are everybody's."""
    return rule_of(address) is Rule.PRODUCTS or address.name in MAYBE_NOTHING


def is_login(location: str) -> bool:
    """Whether this is the way to a page on which to sign in."""
    return location.startswith(("/login/?next=", "/admin/login/?next="))
