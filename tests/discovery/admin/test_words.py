"""The administration looks and speaks like the site."""

from __future__ import annotations

import html
import re
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as site
from django.contrib.admin.utils import quote
from django.contrib.auth.models import Group, Permission, User
from django.test import Client
from django.utils import timezone, translation
from django.utils.translation import gettext

from arbvault.borrowed_words import QUEUE, UNFOLD
from arbvault.unfold import COLORS
from discovery.models import QueueWorker
from discovery.products.scored import StatedCost, score_key
from discovery.profiles.service import active_profile, ensure_shipped_profiles
from discovery.scoring import CostBasis, FoundCost
from discovery.vat_basis import VatBasis
from tests.analytics.factories import a_call, a_discovery, a_score

pytestmark = pytest.mark.django_db

HOUR = timedelta(hours=1)
DISCOVERIES = "/admin/discovery/discoverycacheentry/"
SCORES = "/admin/discovery/scoringcacheentry/"
TOKENS = Path(site.BASE_DIR) / "discovery/static/discovery/css/tokens.css"


@pytest.fixture
def browser(django_user_model: Any, client: Client) -> Client:
    client.force_login(django_user_model.objects.create_superuser("admin", password="x"))
    return client


def test_a_question_of_the_cache_is_told_in_words(browser: Client) -> None:
    asked = {"marketplace": "us", "root_categories": [283155], "bsr_max": 9_000}
    entry = a_discovery(expires_at=timezone.now() + HOUR, filters_applied=asked)
    for page in ("", f"{quote(entry.pk)}/change/"):
        text = browser.get(f"{DISCOVERIES}{page}").content.decode()
        assert "Books" in text
        assert "BSR jusqu’à 9" in text


def test_a_score_of_the_cache_names_product_profile_and_cost(browser: Client) -> None:
    ensure_shipped_profiles()
    settings = active_profile(slug="prudent", user=None).settings
    cost = StatedCost(Decimal("8.40"), VatBasis.INCLUDED)
    known = score_key(
        asin="B000000001", marketplace="fr", fingerprint=settings.fingerprint, cost=cost
    )
    a_score(expires_at=timezone.now() + HOUR, marketplace="fr", cache_key=known)
    a_score(
        expires_at=timezone.now() + HOUR,
        cache_key=score_key(asin="B000000002", marketplace="us", fingerprint="0" * 24, cost=None),
    )
    abroad = FoundCost(
        basis=CostBasis.EUROPE, amount=Decimal("8.40"), vat=VatBasis.INCLUDED, source="de"
    )
    there = score_key(
        asin="B000000003", marketplace="fr", fingerprint="0" * 24, cost=None, found=abroad
    )
    a_score(expires_at=timezone.now() + HOUR, marketplace="fr", cache_key=there)
    text = html.unescape(browser.get(SCORES).content.decode())
    assert "anciens réglages, coût Europe (Allemagne)" in text
    assert "Prudent, coût 8,40\N{NO-BREAK SPACE}€ TTC" in text
    assert "anciens réglages, sans coût indiqué" in text


def test_the_health_of_the_caches_is_one_click_from_the_index(browser: Client) -> None:
    text = browser.get("/admin/").content.decode()
    assert "combien de fois ils répondent" in text
    assert text.count('href="/admin/analytics/searchhistory/cache-health/"') >= 2


def test_the_administration_bears_the_mark_and_the_colours_of_the_site(browser: Client) -> None:
    text = browser.get("/admin/").content.decode()
    assert "icon.svg" in text
    assert "ArbitrageVault" in text
    accent = re.search(r"--accent: (#[0-9a-f]{6})", TOKENS.read_text())
    assert accent is not None
    assert COLORS["primary"]["600"] == accent[1]


def test_what_the_theme_and_the_queue_say_is_french(browser: Client) -> None:
    with translation.override("fr"):
        untold = [word for word in (*UNFOLD, *QUEUE) if gettext(word) == word]
    assert set(untold) <= {"Action", "Arguments"}


def test_a_process_of_the_queue_has_started_in_the_masculine(
    browser: Client,
) -> None:
    now = timezone.now()
    QueueWorker.objects.create(host="h", pid=1, started_at=now, beat_at=now)
    text = browser.get("/admin/discovery/queueworker/").content.decode()
    assert "Démarré" in text
    assert "Commencée" not in text


@pytest.mark.parametrize("page", ["group/add/", "user/{}/change/"])
def test_permissions_are_told_in_french_and_only_of_what_has_a_page(
    browser: Client, page: str
) -> None:
    own = User.objects.get().pk
    text = html.unescape(browser.get(f"/admin/auth/{page.format(own)}").content.decode())
    assert "Niches\N{NO-BREAK SPACE}: consulter" in text
    assert "Achats\N{NO-BREAK SPACE}: supprimer" in text
    assert not re.search(r"Can (add|change|delete|view)", text)
    assert "session" not in re.findall(r"<option[^>]*>([^<]*)", text)


def test_a_permission_is_still_given(browser: Client) -> None:
    wanted = Permission.objects.get(codename="view_niche")
    browser.post("/admin/auth/group/add/", {"name": "lecteurs", "permissions": [wanted.pk]})
    assert list(Group.objects.get(name="lecteurs").permissions.all()) == [wanted]


def test_verdicts_and_calls_are_told_in_words(browser: Client) -> None:
    a_score(expires_at=timezone.now() + HOUR, recommendation="CONSIDER")
    a_call(at=timezone.now(), tokens=3, endpoint="product")
    scores = browser.get(SCORES).content.decode()
    assert "À étudier" in scores
    assert ">CONSIDER<" not in re.sub(r"\s+", "", scores)
    ledger = browser.get("/admin/discovery/tokenledgerentry/").content.decode()
    health = browser.get("/admin/analytics/searchhistory/cache-health/").content.decode()
    for page in (ledger, health):
        assert "produits" in page
        assert "demandé par quelqu’un" in html.unescape(page)
