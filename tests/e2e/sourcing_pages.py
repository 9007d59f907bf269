"""AutoSourcing as full as it gets: jobs of every source, picks of every class, alerts, a run."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

from django.contrib.auth.models import User
from django.utils import timezone

from discovery.models import (
    Alert,
    AlertChannel,
    AlertDelivery,
    AlertSettings,
    CostKind,
    Favourite,
    KeepaProduct,
    Pick,
    PickClass,
    Run,
    SourcingJob,
    Storefront,
)
from discovery.sourcing.alerts.secrets import Secret, seal
from tests.discovery.builders import (
    build_job,
    build_pick,
    build_sighting,
    finished_run,
    scored_product,
)
from tests.discovery.products.test_pages import stored

SELLER = "A1B2C3D4E5F6G7"
FRENCH: dict[str, Any] = {"marketplace": "fr", "currency": "EUR"}
LONG = "Coffret de 24 feutres à l’eau, pointe moyenne, couleurs assorties, pour enfants dès 3 ans"
SOURCES = {
    CostKind.SAME_LISTING: "fbm",
    CostKind.EUROPE: "de",
    CostKind.DIP: "amazon",
    CostKind.LIST: "Grossiste de Lyon",
    CostKind.STATED: "",
}


def furnish(user: User) -> dict[str, str]:
    """Give the user some of everything; returns the address of each page by name."""
    now = timezone.now()
    yesterday = now - timedelta(days=1)
    job = build_job(owner=user, name="Les baisses du matin", next_run_at=now + timedelta(hours=5))
    sellers = build_job(
        owner=user,
        name="Vendeurs suivis",
        source=SourcingJob.Source.SELLERS,
        criteria={"sellers": [SELLER, "A0UNKNOWN0SELLER"]},
        state=SourcingJob.State.PAUSED,
    )
    Storefront.objects.create(
        marketplace="fr", seller_id=SELLER, name="Boutique du Rhône", looked_at=yesterday, total=412
    )
    Storefront.objects.create(marketplace="fr", seller_id="A0UNKNOWN0SELLER", is_unknown=True)
    picks = _picks(user, job)
    for pick in picks:
        stored(pick.asin, **FRENCH)
    KeepaProduct.objects.filter(asin__startswith="B0STORY").update(marketplace="fr")
    run = finished_run(
        owner=user,
        products=[
            scored_product(asin=pick.asin, title=pick.title, cost="5.00", **FRENCH)
            for pick in picks
        ],
        kind=Run.Kind.SOURCING,
        job=job,
        marketplace="fr",
        tokens_spent=62,
    )
    run.lines.update(
        evidence={"source": {}, "cost": {"kind": "europe", "source": "de", "identity": "to_check"}}
    )
    picks[0].sightings.filter(seen_at=picks[0].seen_at).update(run=run)
    Favourite.objects.create(user=user, marketplace="fr", asin=picks[1].asin)
    _alerts(user, job, picks[:3])
    AlertSettings.objects.update_or_create(user=user, defaults={"reviewed_at": yesterday})
    return {
        "review": "/autosourcing/",
        "picks": "/autosourcing/trouvailles/?decided=all&gone=1",
        "pick": f"/autosourcing/trouvailles/{picks[0].pk}/",
        "jobs": "/autosourcing/veilles/",
        "job form": "/autosourcing/veilles/nouvelle/?template=europe-cuisine",
        "job": f"/autosourcing/veilles/{sellers.pk}/",
        "run": f"/autosourcing/passages/{run.pk}/",
        "alerts": "/autosourcing/alertes/",
        "alert settings": "/autosourcing/alertes/reglages/",
    }


def _picks(user: User, job: SourcingJob) -> list[Pick]:
    """One of each class and kind of cost; new, better, worse and gone since yesterday."""
    now = timezone.now()
    before = now - timedelta(days=2)
    kinds = list(SOURCES)
    picks = []
    for place, pick_class in enumerate((*PickClass, *PickClass)):
        kind = kinds[place % len(kinds)]
        pick = build_pick(
            owner=user,
            asin=f"B0STORY{place:03}",
            job=job,
            title=f"{LONG} ({place})",
            pick_class=pick_class,
            cost_kind=kind,
            cost_source=SOURCES[kind],
            cost=Decimal("8.40"),
            seen_at=now - timedelta(minutes=place),
            data_at=now - timedelta(hours=1),
            rank_score=20.0 - place,
        )
        then = {0: None, 1: 20.0, 2: 90.0, 3: 50.0}[place % 4]
        if then is not None:
            build_sighting(pick=pick, seen_at=before, roi_percent=then, pick_class="WATCH")
        if place % 4 == 3:
            Pick.objects.filter(pk=pick.pk).update(gone_at=now)
        picks.append(pick)
    return picks


def _alerts(user: User, job: SourcingJob, picks: list[Pick]) -> None:
    now = timezone.now()
    address = Secret(address="ntfys://secret-topic", shown="ntfys://…")
    channel = AlertChannel.objects.create(
        owner=user, name="Téléphone", scheme="ntfys", address=seal(address), failed_at=now
    )
    bought = {"cost": "8.40", "cost_kind": "europe", "cost_source": "de"}
    told = {"verdict": "BUY", "roi": 50.0, "profit": "4.00", **bought}
    states = (
        {"state": AlertDelivery.State.SENT, "sent_at": now, "attempts": 1},
        {"state": AlertDelivery.State.FAILED, "failure": "status_404", "attempts": 1},
        {"state": AlertDelivery.State.PENDING, "failure": "too_slow", "attempts": 2, "repeats": 1},
    )
    for pick, state in zip(picks, states, strict=True):
        alert = Alert.objects.create(
            owner=user, pick=pick, job=job, reason="first", values=told, created_at=now
        )
        delivery = AlertDelivery.objects.create(owner=user, channel=channel, due_at=now, **state)
        delivery.alerts.add(alert)
    Alert.objects.filter(pick=picks[0]).update(read_at=now)
