"""Answers cut on the way, and a clock that is set: what does it cost, and does work go on?

The sandbox on a socket does the work, charges for it, and cuts the answer: before its first byte,
within it, or by a proxy's page in its place; the product's own client asks. Every endpoint that
costs tokens is cut in turn, at random once, twice or always. Missed when a question costs more than
twice its price, or when the ledger is not what the sandbox has charged, to the token.

The clock of the machine stays as it is: what is stored is dated two days later (as if the clock had
been set back) and two days earlier (forward). Missed when a call is refused, when anything stays
in the future once the next call was made, or when what is two days too new is bought again.
"""

from __future__ import annotations

import os
import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from benchmarks.drills.report import Row

if TYPE_CHECKING:
    from discovery.keepa.client import KeepaClient
    from discovery.sandbox.server import SandboxApp

FAULTS = ("cut", "late_502", "reset")
ALWAYS = 9
STEP = timedelta(days=2)
# Every time of day that is stored and means something for what happens next.
DATED = {
    "discovery.TokenBucket": ("received_at",),
    "discovery.TokenReservation": ("started_at", "expires_at"),
    "discovery.DiscoveryCacheEntry": ("created_at", "expires_at"),
    "discovery.ScoringCacheEntry": ("created_at", "expires_at"),
    "discovery.DiscoveryLease": ("expires_at",),
    "discovery.KeepaProduct": ("fetched_at",),
    "django_q.Schedule": ("next_run",),
    "django_q.OrmQ": ("lock",),
}

Question = Callable[["KeepaClient", random.Random], object]


@dataclass(slots=True)
class Cut:
    """One question whose answers were cut; prices in tokens."""

    endpoint: str
    times: int
    price: int
    charged: int = 0
    told: int = 0
    fault: str = ""

    @property
    def paid_twice(self) -> int:
        """Tokens above twice the price."""
        return max(self.charged - 2 * self.price, 0)


def questions(app: SandboxApp) -> dict[str, Question]:
    live = app.catalogue.store(1).live
    asins = [product.asin for product in live]
    codes = [product.ean for product in live if product.ean]
    niche = {"rootCategory": [283155], "perPage": 100}
    return {
        "query": lambda client, dice: client.find(niche, marketplace="us"),
        "product": lambda client, dice: client.products(dice.sample(asins, 20), marketplace="us"),
        "buy box": lambda client, dice: client.products(
            dice.sample(asins, 10), marketplace="us", buybox=True
        ),
        "code": lambda client, dice: client.products_by_code(
            dice.sample(codes, 5), marketplace="us"
        ),
        "offers": lambda client, dice: client.products(
            dice.sample(asins, 1), marketplace="us", offers=20
        ),
        "category": lambda client, dice: client.categories([3839], marketplace="us"),
        "search": lambda client, dice: client.search_categories("Programming", marketplace="us"),
    }


def cut_answers(app: SandboxApp, *, tries: int, seed: int) -> list[Cut]:
    from discovery.keepa.client import get_client
    from discovery.keepa.errors import KeepaError

    client, dice, cuts = get_client(), random.Random(seed), []
    asked = list(questions(app).items())
    for number in range(tries):
        endpoint, ask = asked[number % len(asked)]
        same, before = dice.getrandbits(32), app.charged_total
        ask(client, random.Random(same))
        cut = Cut(endpoint, dice.choice((1, 2, ALWAYS)), app.charged_total - before)
        cuts.append(cut)
        for _ in range(cut.times):
            app.faults.push(dice.choice(FAULTS))
        before = app.charged_total
        try:
            answer: Any = ask(client, random.Random(same))
            cut.told = answer.tokens_spent
        except KeepaError as error:
            cut.told = error.tokens_spent
            cut.fault = "" if cut.times > 1 else f"a single cut ended the question: {error.code}"
        app.faults.clear()
        cut.charged = app.charged_total - before
        if cut.told != cut.charged:
            cut.fault = f"the caller was told {cut.told} of {cut.charged} tokens"
    return cuts


def ledger() -> int:
    from django.db.models import Sum

    from discovery.keepa.client import get_client
    from discovery.models import TokenLedgerEntry

    get_client().token_status()
    get_client().token_status()
    return TokenLedgerEntry.objects.aggregate(Sum("tokens_consumed"))["tokens_consumed__sum"] or 0


def shift(step: timedelta) -> None:
    """Date everything stored by so much later."""
    from django.apps import apps
    from django.db.models import F

    for table, names in DATED.items():
        model = apps.get_model(table)
        model.objects.update(**{name: F(name) + step for name in names})


def left_ahead() -> list[str]:
    """The tables in which something lies further in the future than it can have meant."""
    from django.apps import apps
    from django.utils import timezone

    limit = timezone.now() + timedelta(days=1, hours=2)  # a daily schedule, an answer's lifetime
    return [
        table
        for table, names in DATED.items()
        if any(
            apps.get_model(table).objects.filter(**{f"{name}__gt": limit}).exists()
            for name in names
        )
    ]


def set_the_clock(app: SandboxApp, step: timedelta) -> list[str]:
    """What is wrong after the clock was set by ``step``; empty when nothing is."""
    from django.utils import timezone
    from django_q.models import OrmQ

    from discovery.clock_steps import put_right
    from discovery.keepa.client import get_client
    from discovery.keepa.errors import KeepaError
    from discovery.profiles.service import active_profile
    from discovery.search.discover import score_asins
    from discovery.search.results import Asker

    asins = [product.asin for product in app.catalogue.store(1).live[:20]]
    asker = Asker(source="manual", user_id="1")

    def ask() -> int:
        before = app.charged_total
        score_asins(identifiers=asins, marketplace="us", profile=active_profile(), asker=asker)
        return app.charged_total - before

    faults = []
    try:
        ask()
        OrmQ.objects.create(key="drill", payload="", lock=timezone.now())
        shift(-step)  # seen from a clock set by ``step``, all of it was written so much later
        put_right(now=timezone.now())
        if not OrmQ.objects.filter(lock__lte=timezone.now()).exists():
            faults.append("a queued task is not taken out")
        paid_again = ask()
        if step < timedelta(0) and paid_again:
            faults.append(f"{paid_again} tokens for what was stored")
        get_client().search_categories("Programming", marketplace="us")
        faults += [f"{table} stays in the future" for table in left_ahead()]
    except KeepaError as error:
        faults.append(f"a call was refused: {error.code}")
    OrmQ.objects.filter(key="drill").delete()
    return faults


def drill(*, tries: int, seed: int) -> list[Row]:
    """Cut the answers to ``tries`` questions, and set the clock back and forward."""
    from django.conf import settings

    from discovery.sandbox.serve import SandboxServer
    from discovery.sandbox.server import create_app

    app = create_app(refill_rate=300, tokens=9000)
    with SandboxServer(app) as server:
        os.environ["KEEPA_BASE_URL"] = settings.KEEPA_BASE_URL = server.url
        cuts = cut_answers(app, tries=max(tries, 20), seed=seed)
        counted, charged = ledger(), app.charged_total
        for cut in cuts:
            print(
                f"{cut.endpoint:<9} cut {cut.times} times: {cut.charged} tokens for {cut.price}"
                f"{'  MISSED ' + cut.fault if cut.fault else ''}"
            )
        clocks = {step: set_the_clock(app, step) for step in (-STEP, STEP)}
        for step, faults in clocks.items():
            for fault in faults:
                print(f"clock set by {step.days} days: MISSED {fault}")
        after, taken = ledger(), app.charged_total
    most = max(cut.charged / cut.price for cut in cuts)
    return [
        Row(
            fault="an answer cut after it was paid for, once to always, on 7 endpoints",
            tries=len(cuts),
            survived=sum(not cut.fault and not cut.paid_twice for cut in cuts),
            paid_twice=sum(cut.paid_twice for cut in cuts),
            ledger=counted,
            charged=charged,
            note=f"{most:.1f} x the price at most",
        ),
        Row(
            fault="the clock set by two days, back and forward",
            tries=len(clocks),
            survived=sum(not faults for faults in clocks.values()),
            ledger=after,
            charged=taken,
        ),
    ]
