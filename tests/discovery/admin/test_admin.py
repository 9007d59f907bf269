"""The admin pages: every one opens with rows in it, says nothing false, and lets nobody else in."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.contrib import admin
from django.contrib.admin.utils import quote
from django.contrib.auth.models import Permission, User
from django.test import Client
from django.utils import timezone
from django_q.models import OrmQ

from discovery.accounts.api_tokens import create_api_token
from discovery.models import (
    AlertChannel,
    AlertSettings,
    ApiToken,
    BusinessProfile,
    CodeChoice,
    DiscoveryCacheEntry,
    DiscoveryLease,
    Favourite,
    KeepaCategory,
    KeepaProduct,
    LiveCheck,
    Niche,
    NotificationSettings,
    PlannerTick,
    Preferences,
    ProductCode,
    ProductCost,
    ProductDecision,
    Purchase,
    PurchaseFile,
    QueueWorker,
    Run,
    RunLine,
    Sale,
    ScoringCacheEntry,
    SourcingJob,
    Storefront,
    TokenBucket,
    TokenReservation,
)
from tests.analytics.factories import a_call, a_discovery, a_score, a_search, searches
from tests.discovery.builders import build_job, build_pick
from tests.discovery.sourcing.alerts.making import told

pytestmark = pytest.mark.django_db

HOUR = timedelta(hours=1)
NASTY = "Été <script>alert(1)</script>"


@pytest.fixture
def administrator(django_user_model: Any) -> User:
    user: User = django_user_model.objects.create_superuser("admin", password="x")
    return user


@pytest.fixture
def browser(administrator: User, client: Client) -> Client:
    client.force_login(administrator)
    return client


@pytest.fixture
def rows(administrator: User) -> dict[str, Any]:
    """One row of everything, by model name."""
    now = timezone.now()
    profile = BusinessProfile.objects.create(slug="mine", name=NASTY, owner=administrator)
    niche = Niche.objects.create(
        owner=administrator, name=NASTY, marketplace="fr", filters={"n": NASTY}, profile=profile
    )
    run = Run.objects.create(
        kind="search", owner=administrator, niche=niche, name=NASTY, marketplace="fr",
        profile=profile, filters={"n": NASTY}, columns={"n": NASTY}, max_results=5, total=1,
        outcome={"é": [1]}, failure=None,
    )  # fmt: skip
    line = RunLine.objects.create(
        run=run, position=1, number=1, text=NASTY, asin="B000000001", title=NASTY, verdict="BUY",
        velocity_score=1, breakdown={"title": NASTY},
    )  # fmt: skip
    product = KeepaProduct.objects.create(
        marketplace="fr", asin="B000000001", title=NASTY, facts={"title": NASTY},
        finder_values={}, history={}, has_buy_box=True, fetched_at=now,
    )  # fmt: skip
    token, _text = create_api_token(user=administrator, name="laptop")
    purchase = Purchase.objects.create(
        user=administrator, marketplace="fr", asin="B000000001", title=NASTY, place=NASTY,
        bought_on=now.date(), unit_cost=8, cost_vat="incl", quantity=2, cost_paid=8, cost_net=8,
        vat_regime="franchise", sale_vat_percent=20, purchase_vat_percent=20, note=NASTY,
        score={"title": NASTY},
    )  # fmt: skip
    job = build_job(owner=administrator, name=NASTY, criteria={"title": NASTY})
    pick = build_pick(owner=administrator, job=job, title=NASTY, breakdown={"title": NASTY})
    return {
        "purchase": purchase,
        "sale": Sale.objects.create(
            purchase=purchase, sold_on=now.date(), quantity=1, price=20, vat_due=0, note=NASTY
        ),
        "purchasefile": PurchaseFile.objects.create(
            user=administrator, name=NASTY, marketplace="fr", rows=[[1, [NASTY]]], given_at=now
        ),
        "discoverycacheentry": a_discovery(
            expires_at=now + HOUR, filters_applied={"title": NASTY}, asins=[NASTY]
        ),
        "scoringcacheentry": a_score(expires_at=now + HOUR, title=NASTY),
        "livecheck": LiveCheck.objects.create(
            user=administrator, marketplace="fr", asin="B000000001", outcome="ok", checked_at=now
        ),
        "notificationsettings": NotificationSettings.objects.create(user=administrator),
        "discoverylease": DiscoveryLease.objects.create(
            cache_key="k", holder="12345678123456781234567812345678", expires_at=now
        ),
        "keepaproduct": product,
        "productcode": ProductCode.objects.create(
            marketplace="fr", code="9780000000002", resolved_at=now
        ),
        "codechoice": CodeChoice.objects.create(
            user=administrator, marketplace="fr", code="9780000000002", asin="B000000001"
        ),
        "keepacategory": KeepaCategory.objects.create(
            marketplace="fr", category_id=1, name=NASTY, fetched_at=now
        ),
        "tokenbucket": TokenBucket.objects.create(
            account="a", tokens_left=-3, refill_rate=20, refill_in_ms=1, server_ms=1,
            received_at=now, ledger_id=1,
        ),
        "tokenreservation": TokenReservation.objects.create(
            account="a", purpose="interactive", endpoint="query", cost=11, started_at=now,
            expires_at=now,
        ),
        "tokenledgerentry": a_call(at=now, tokens=11),
        "queueworker": QueueWorker.objects.create(
            host=NASTY, pid=1, started_at=now, beat_at=now, task=NASTY
        ),
        "niche": niche,
        "run": run,
        "runline": line,
        "businessprofile": profile,
        "apitoken": token,
        "favourite": Favourite.objects.create(
            user=administrator, marketplace="fr", asin="B000000001"
        ),
        "productdecision": ProductDecision.objects.create(
            user=administrator, marketplace="fr", asin="B000000001", kind="note", note=NASTY
        ),
        "productcost": ProductCost.objects.create(
            user=administrator, marketplace="fr", asin="B000000001", cost="12.5", cost_vat="excl",
            source="typed", stated_at=now,
        ),
        "preferences": Preferences.objects.create(
            user=administrator, marketplace="fr", profile=profile, table={"density": NASTY},
            sourcing_links=[{"name": NASTY}],
        ),
        "sourcingjob": job,
        "pick": pick,
        "sighting": pick.sightings.get(),
        "storefront": Storefront.objects.create(
            marketplace="fr", seller_id="A1PA6795UKMFR9", name=NASTY, known=[NASTY], news=[NASTY]
        ),
        "plannertick": PlannerTick.objects.create(at=now, reason=NASTY[:30], started=[1]),
        "searchhistory": a_search(at=now, hit=True, filters={"title": NASTY}),
        **_told(administrator),
    }  # fmt: skip


def _told(user: User) -> dict[str, Any]:
    channel = AlertChannel.objects.create(owner=user, name=NASTY, scheme="ntfys", address=b"")
    chosen = AlertSettings.objects.create(user=user)
    (delivery,) = told(user)
    return {
        "alert": delivery.alerts.get(),
        "alertchannel": channel,
        "alertdelivery": delivery,
        "alertsettings": chosen,
    }


def _address(row: Any, page: str) -> str:
    opts = row._meta
    return f"/admin/{opts.app_label}/{opts.model_name}/{page}"


def _run(browser: Client, action: str, *chosen: Any) -> None:
    data = {"action": action, "_selected_action": [row.pk for row in chosen]}
    answer = browser.post(_address(chosen[0], ""), data)
    assert answer.status_code == 302


def test_every_table_of_ours_has_a_page(rows: dict[str, Any]) -> None:
    registered = {
        model._meta.model_name
        for model in admin.site._registry
        if model._meta.app_label in {"discovery", "analytics"}
    }
    assert registered == {*rows, "cachealert"}


def test_every_list_and_every_row_opens(browser: Client, rows: dict[str, Any]) -> None:
    for name, row in rows.items():
        listed = browser.get(_address(row, ""))
        shown = browser.get(_address(row, f"{quote(row.pk)}/change/"))
        assert (name, listed.status_code, shown.status_code) == (name, 200, 200)
        for page in (listed, shown):
            assert "<script>alert(1)" not in page.content.decode()


def test_every_list_can_be_searched(browser: Client, rows: dict[str, Any]) -> None:
    for model, page in admin.site._registry.items():
        if page.search_fields and model._meta.model_name in rows:
            answer = browser.get(_address(rows[model._meta.model_name], "?q=Été"))
            assert answer.status_code == 200


def test_a_list_takes_no_more_statements_when_it_grows(
    browser: Client, rows: dict[str, Any], django_assert_max_num_queries: Any
) -> None:
    niche = rows["niche"]
    for number in range(20):
        Niche.objects.create(
            owner=niche.owner, name=f"n{number}", marketplace="fr", filters={},
            profile=niche.profile,
        )  # fmt: skip
        Run.objects.create(kind="search", owner=niche.owner, niche=niche, max_results=1)
    with django_assert_max_num_queries(12):
        browser.get("/admin/discovery/niche/")
    with django_assert_max_num_queries(12):
        browser.get("/admin/discovery/run/")


@pytest.mark.parametrize(
    ("former", "present"),
    [("searchrun/", "run/"), ("productlist/", "run/"), ("listline/", "runline/")],
)
def test_the_former_addresses_of_runs_lead_to_the_present_ones(
    browser: Client, rows: dict[str, Any], former: str, present: str
) -> None:
    answer = browser.get(f"/admin/discovery/{former}?state=done")
    assert answer["Location"] == f"/admin/discovery/{present}?state=done"
    key = rows["run"].pk
    answer = browser.get(f"/admin/discovery/searchrun/{key}/change/", follow=True)
    assert answer.status_code == 200


def test_nobody_but_the_staff_comes_in(client_of: Any, client: Client) -> None:
    paths = ("/admin/", "/admin/discovery/tokenledgerentry/", "/admin/analytics/searchhistory/")
    for path in paths:
        assert client.get(path).status_code == 302
    anne = client_of("anne")
    for path in paths:
        answer = anne.get(path)
        assert answer.status_code == 302
        assert "/login/" in answer["Location"]


def test_staff_see_only_what_they_were_given(client_of: Any, rows: dict[str, Any]) -> None:
    clerk = client_of("clerk", is_staff=True)
    clerk.user.user_permissions.add(Permission.objects.get(codename="view_discoverycacheentry"))

    listed = clerk.get("/admin/discovery/discoverycacheentry/")

    assert listed.status_code == 200
    assert b"expire_now" not in listed.content
    assert clerk.get("/admin/discovery/scoringcacheentry/").status_code == 403


@pytest.mark.parametrize(
    "name",
    [
        "discoverycacheentry",
        "scoringcacheentry",
        "keepaproduct",
        "tokenledgerentry",
        "tokenbucket",
        "tokenreservation",
        "run",
        "searchhistory",
        "apitoken",
    ],
)
def test_what_happened_cannot_be_rewritten(
    name: str, browser: Client, rows: dict[str, Any]
) -> None:
    row = rows[name]
    assert browser.get(_address(row, "add/")).status_code == 403
    assert browser.post(_address(row, f"{quote(row.pk)}/change/"), {"asin": "X"}).status_code == 403


@pytest.mark.parametrize(
    "name", ["tokenledgerentry", "tokenbucket", "tokenreservation", "searchhistory", "apitoken"]
)
def test_accounts_cannot_be_deleted(name: str, browser: Client, rows: dict[str, Any]) -> None:
    assert browser.post(_address(rows[name], f"{quote(rows[name].pk)}/delete/")).status_code == 403


def test_json_is_shown_indented_and_in_its_own_letters(
    browser: Client, rows: dict[str, Any]
) -> None:
    row = rows["discoverycacheentry"]

    page = browser.get(_address(row, f"{quote(row.pk)}/change/")).content.decode()

    assert "&quot;title&quot;: &quot;Été &lt;script&gt;" in page


@pytest.mark.parametrize(("live", "expected"), [("yes", "alive"), ("no", "expired")])
def test_live_and_expired_entries_can_be_told_apart(
    live: str, expected: str, browser: Client
) -> None:
    now = timezone.now()
    a_discovery(expires_at=now + HOUR, cache_key="key-alive")
    a_discovery(expires_at=now - HOUR, cache_key="key-expired")

    page = browser.get(f"/admin/discovery/discoverycacheentry/?live={live}")

    assert [row.cache_key for row in page.context["cl"].result_list] == [f"key-{expected}"]


def test_purging_keeps_what_is_live(browser: Client) -> None:
    now = timezone.now()
    live = a_discovery(expires_at=now + HOUR)
    a_discovery(expires_at=now - HOUR)
    a_score(expires_at=now - HOUR)

    _run(browser, "purge_expired", live)

    assert list(DiscoveryCacheEntry.objects.all()) == [live]
    assert not ScoringCacheEntry.objects.exists()


@pytest.mark.parametrize("make", [a_discovery, a_score])
def test_an_entry_expired_by_hand_is_no_longer_served(make: Any, browser: Client) -> None:
    now = timezone.now()
    entry = make(expires_at=now + HOUR)
    long_gone = make(expires_at=now - HOUR)

    _run(browser, "expire_now", entry, long_gone)

    entry.refresh_from_db()
    assert now <= entry.expires_at <= timezone.now()
    before = long_gone.expires_at
    long_gone.refresh_from_db()
    assert long_gone.expires_at == before


def test_refreshing_queues_one_task_an_entry(browser: Client) -> None:
    entries = [a_discovery(expires_at=timezone.now()) for _ in range(2)]

    _run(browser, "refresh", *entries)

    tasks = [queued.task for queued in OrmQ.objects.order_by("pk")]
    assert {task["func"] for task in tasks} == {"discovery.tasks.refresh_discovery"}
    assert {task["args"] for task in tasks} == {(entry.cache_key,) for entry in entries}


def test_a_revoked_token_stays_listed_and_its_hash_is_never_shown(
    browser: Client, rows: dict[str, Any]
) -> None:
    token = rows["apitoken"]

    _run(browser, "revoke", token)

    revoked = ApiToken.objects.get(pk=token.pk)
    assert revoked.revoked_at is not None
    for page in ("", f"{token.pk}/change/"):
        content = browser.get(_address(token, page)).content.decode()
        assert token.prefix in content
        assert token.token_hash not in content


def _profile_form(profile: BusinessProfile, settings: str) -> dict[str, Any]:
    return {
        "name": profile.name,
        "slug": profile.slug,
        "description": "",
        "owner": profile.owner_id or "",
        "settings": settings,
        "history-TOTAL_FORMS": 0,
        "history-INITIAL_FORMS": 0,
    }


def test_a_changed_setting_makes_a_revision(
    browser: Client, rows: dict[str, Any], administrator: User
) -> None:
    profile = rows["businessprofile"]

    form = _profile_form(profile, '{"min_profit": 4, "roi_target_percent": "33"}')
    answer = browser.post(_address(profile, f"{profile.pk}/change/"), form)

    assert answer.status_code == 302
    profile.refresh_from_db()
    assert profile.settings["roi_target_percent"] == "33"
    revision = profile.history.get(number=profile.revision)
    assert revision.settings == profile.settings
    assert revision.saved_by == administrator
    assert browser.get(_address(profile, f"{profile.pk}/change/")).status_code == 200


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ('{"min_profit": -4}', "min_profit: At least 0."),
        ('{"min_profit": "much"}', "min_profit: This is not a number."),
        ('{"colour": 1}', "colour: There is no such setting."),
        ('{"condition": "broken"}', "condition: This is not one of the choices. ("),
        (
            '{"strong_roi_percent": 1}',
            "strong_roi_percent: Must not be below “roi_target_percent”.",
        ),
        ("[]", "Expected an object"),
        ("[1]", "Expected an object"),
    ],
)
def test_a_setting_the_engine_refuses_is_named_and_nothing_is_saved(
    settings: str, said: str, browser: Client, rows: dict[str, Any]
) -> None:
    profile = rows["businessprofile"]
    before = profile.settings, profile.revision

    form = _profile_form(profile, settings)
    answer = browser.post(
        _address(profile, f"{profile.pk}/change/"), form, headers={"accept-language": "en"}
    )

    assert answer.status_code == 200
    assert said in answer.content.decode()
    profile.refresh_from_db()
    assert (profile.settings, profile.revision) == before


def test_a_profile_can_be_added(browser: Client) -> None:
    form = _profile_form(BusinessProfile(name="New", slug="new"), '{"min_profit": "4"}')

    assert browser.post("/admin/discovery/businessprofile/add/", form).status_code == 302

    added = BusinessProfile.objects.get(slug="new")
    assert added.settings["min_profit"] == "4"
    assert added.revision == added.history.get().number == 1


def test_there_is_always_one_default_profile(browser: Client) -> None:
    old = BusinessProfile.objects.get(is_default=True)
    new = BusinessProfile.objects.filter(is_default=False, owner=None).first()

    _run(browser, "make_default", new)

    assert BusinessProfile.objects.get(is_default=True) == new
    assert browser.post(_address(new, f"{new.pk}/delete/")).status_code == 403
    assert browser.post(_address(old, f"{old.pk}/delete/"), {"post": "yes"}).status_code == 302


def test_two_profiles_cannot_both_be_the_default(browser: Client) -> None:
    both = BusinessProfile.objects.filter(owner=None)[:2]

    _run(browser, "make_default", *both)

    assert BusinessProfile.objects.filter(is_default=True).count() == 1


def test_users_and_groups_open_in_the_admins_theme(browser: Client, administrator: User) -> None:
    for path in (
        "user/", "user/add/", f"user/{administrator.pk}/change/",
        f"user/{administrator.pk}/password/", "group/", "group/add/",
    ):  # fmt: skip
        assert browser.get(f"/admin/auth/{path}").status_code == 200


def test_the_health_page_shows_the_figures_and_the_alert(browser: Client) -> None:
    now = timezone.now()
    a_discovery(expires_at=now + HOUR, hit_count=4321)
    searches(at=now, hits=10, misses=90)
    a_call(at=now, tokens=61, endpoint="query")

    page = browser.get(
        "/admin/analytics/searchhistory/cache-health/", headers={"accept-language": "en"}
    ).content.decode()

    for shown in ("4,321", "Excellent", "10.0%", "only 10 % of 100 searches", "Finder", ">61<"):
        assert shown in page.replace("\n", "").replace("  ", ""), shown


def test_the_health_page_opens_on_an_empty_database(browser: Client) -> None:
    answer = browser.get("/admin/analytics/searchhistory/cache-health/")

    assert answer.status_code == 200


def test_the_health_page_purges_what_has_expired(browser: Client) -> None:
    live = a_discovery(expires_at=timezone.now() + HOUR)
    a_discovery(expires_at=timezone.now() - HOUR)

    answer = browser.post("/admin/analytics/searchhistory/cache-health/")

    assert answer.status_code == 302
    assert list(DiscoveryCacheEntry.objects.all()) == [live]


def test_the_health_page_asks_for_permissions(client_of: Any, client: Client) -> None:
    path = "/admin/analytics/searchhistory/cache-health/"
    assert client.get(path).status_code == 302
    clerk = client_of("clerk", is_staff=True)
    assert clerk.get(path).status_code == 403
    clerk.user.user_permissions.add(Permission.objects.get(codename="view_searchhistory"))
    assert clerk.get(path).status_code == 200
    assert clerk.post(path).status_code == 403


def test_the_health_page_is_in_the_sidebar(browser: Client) -> None:
    page = browser.get("/admin/").content.decode()

    assert 'href="/admin/analytics/searchhistory/cache-health/"' in page


def test_jobs_are_paused_gone_on_with_and_run_from_their_list(
    browser: Client, rows: dict[str, Any]
) -> None:
    job = rows["sourcingjob"]
    _run(browser, "pause", job)
    job.refresh_from_db()
    assert job.is_paused
    _run(browser, "resume", job)
    job.refresh_from_db()
    assert job.next_run_at is not None
    for _twice in range(2):
        _run(browser, "run_now", job)
    assert Run.objects.filter(job=job).count() == 1


def test_nothing_runs_for_an_owner_without_access(browser: Client, rows: dict[str, Any]) -> None:
    job = rows["sourcingjob"]
    type(job.owner).objects.filter(pk=job.owner_id).update(is_active=False)
    _run(browser, "run_now", job)
    assert not Run.objects.filter(job=job).exists()


def test_a_job_that_is_deleted_stops_its_run(browser: Client, rows: dict[str, Any]) -> None:
    job = rows["sourcingjob"]
    _run(browser, "run_now", job)
    run = Run.objects.get(job=job)
    browser.post(f"/admin/discovery/sourcingjob/{job.pk}/delete/", {"post": "yes"})
    assert not SourcingJob.objects.filter(pk=job.pk).exists()
    run.refresh_from_db()
    assert run.state == Run.State.CANCELLED


def test_so_do_those_deleted_from_the_list(browser: Client, rows: dict[str, Any]) -> None:
    job = rows["sourcingjob"]
    _run(browser, "run_now", job)
    address = "/admin/discovery/sourcingjob/"
    chosen = {"action": "delete_selected", "_selected_action": [job.pk], "post": "yes"}
    browser.post(address, chosen)
    assert not SourcingJob.objects.filter(pk=job.pk).exists()
    assert Run.objects.filter(kind="sourcing", state=Run.State.CANCELLED).exists()


def test_jobs_are_copied_from_their_list(browser: Client, rows: dict[str, Any]) -> None:
    job = rows["sourcingjob"]
    _run(browser, "copy", job)
    copy = SourcingJob.objects.order_by("-pk")[0]
    assert copy.pk > job.pk
    assert (copy.owner, copy.criteria, copy.is_paused) == (job.owner, job.criteria, True)
