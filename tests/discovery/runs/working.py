"""What the tests of runs at work have in common: both kinds, and ways to look and to kill."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import Future, wait
from contextlib import contextmanager
from importlib import import_module
from typing import Any

import pytest
from django.db.models import Model
from django_q.models import OrmQ

from analytics.models import SearchHistory
from discovery.keepa.finder import NicheFilters
from discovery.models import (
    DiscoveryCacheEntry,
    KeepaProduct,
    Run,
    RunLine,
    ScoringCacheEntry,
    TokenLedgerEntry,
)
from discovery.runs import turn
from discovery.runs.worker import work_on
from discovery.search.request import read_filters
from discovery.search.results import Asker

Kind = Run.Kind
State = Run.State
LineState = RunLine.State
Begin = Callable[..., Run]
ASKER = Asker(source="manual")
BATCH = 20
SOMEBODY = "12345678123456781234567812345678"

both_kinds = pytest.mark.parametrize("kind", [Kind.SEARCH, Kind.LIST])


def niche() -> NicheFilters:
    return read_filters({"marketplace": "us", "categories": ["Books"]})


def forget(keepa: Any) -> None:
    """As if nothing had ever been asked, told or spent."""
    tables: tuple[type[Model], ...] = (
        DiscoveryCacheEntry, ScoringCacheEntry, KeepaProduct, TokenLedgerEntry, SearchHistory, OrmQ,
    )  # fmt: skip
    for table in tables:
        table._default_manager.all().delete()
    keepa.charged_total = 0
    keepa.calls.clear()


def work(run: Run, **options: Any) -> Run:
    work_on(run_id=run.pk, **options)
    run.refresh_from_db()
    return run


def states(run: Run) -> dict[str, int]:
    return dict(Counter(run.lines.values_list("state", flat=True)))


def answer_of(run: Run) -> list[Any]:
    columns = ("position", "state", "asin", "verdict", "price", "max_cost", "profit", "roi_percent")
    return list(run.lines.order_by("position").values_list(*columns))


def account_of(run: Run) -> dict[str, Any]:
    """What a search says of itself, less what differs with the clock."""
    outcome = dict(run.outcome or {})
    for name in ("duration_ms", "discovered_at"):
        outcome.pop(name)
    return outcome | {
        "stages": {stage["name"]: stage for stage in outcome["stages"]},
        "counters": (run.done, run.total, run.found, run.tokens_spent, run.tokens_saved),
        "failure": run.failure,
    }


def told_by(run: Run) -> dict[str, Any]:
    assert run.outcome is not None
    return dict(run.outcome)


def is_ranked(run: Run) -> bool:
    scored = run.lines.filter(state=LineState.SCORED).order_by("position")
    return list(scored.values_list("position", flat=True)) == list(range(1, scored.count() + 1))


def products_shown(client_of: Callable[..., Any], run: Run) -> int:
    answer = client_of("anne").get(f"/niches/recherche/{run.pk}/")
    assert answer.status_code == 200
    count: int = answer.content.decode().count("main-row")
    return count


@contextmanager
def killed(at: str, monkeypatch: pytest.MonkeyPatch, *, call: int = 1) -> Iterator[None]:
    """The queue's process is told to stop at the given call of the function ``at``."""
    left = call
    module, name = at.rsplit(".", 1)
    owner: Any = turn.Turn if module == "turn" else import_module(f"discovery.{module}")
    original = getattr(owner, name)

    def stop(*arguments: Any, **named: Any) -> Any:
        nonlocal left
        left -= 1
        if not left:
            raise SystemExit
        return original(*arguments, **named)

    with monkeypatch.context() as patch:
        patch.setattr(owner, name, stop)
        with pytest.raises(SystemExit):
            yield


@contextmanager
def disturbed(
    at: str, monkeypatch: pytest.MonkeyPatch, *, by: Callable[[], Future[None]]
) -> Iterator[list[Future[None]]]:
    """Somebody else begins to do something at the first call of the function ``at``.

    They have done it by the time the call goes on, or else they wait for a row.
    """
    module, name = at.rsplit(".", 1)
    owner: Any = import_module(f"discovery.{module}")
    original, begun = getattr(owner, name), list[Future[None]]()

    def meanwhile(*arguments: Any, **named: Any) -> Any:
        if not begun:
            begun.append(by())
            wait(begun, timeout=0.5)
        return original(*arguments, **named)

    with monkeypatch.context() as patch:
        patch.setattr(owner, name, meanwhile)
        yield begun
