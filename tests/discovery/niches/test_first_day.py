"""The first day: what each answer chooses, that nothing is made twice, and that nobody must."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import product
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.utils import timezone
from django.utils.translation import override

from discovery.accounts.members import change_role
from discovery.accounts.preferences import preferences_of
from discovery.accounts.roles import Role
from discovery.models import BusinessProfile, Niche, Preferences, Run, TokenLedgerEntry
from discovery.niches.first_day import EXAMPLES, Goods, introduce
from discovery.niches.service import EXAMPLES as FIRST_NICHES
from discovery.niches.service import Place, create_example_niches, move_niche
from discovery.niches.templates import template_of, templates_for
from discovery.profiles.fitting import fitting_profile
from discovery.profiles.service import activate, delete_profile, ensure_shipped_profiles
from discovery.scoring import Condition, VatRegime
from discovery.search.discover import discover
from discovery.search.results import Asker
from discovery.vat_basis import VatBasis

pytestmark = pytest.mark.django_db

Visitor = Callable[..., Any]
HOME = "/bienvenue/"
ANSWERS = {"regime": "franchise", "marketplace": "fr", "goods": ["toys"]}


@pytest.fixture(autouse=True)
def _profiles(db: None) -> Iterator[None]:
    ensure_shipped_profiles()
    with override("fr"):  # whatever language another test's visitor has read in
        yield


@pytest.fixture
def anne() -> User:
    return User.objects.create_user("anne")


# --- the profile ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("used", "regime", "name", "is_shared", "taxed_as", "cost_vat"),
    [
        (False, "franchise", "Équilibré", True, "franchise", "incl"),
        (False, "reel", "Équilibré, TVA au réel", False, "reel", "excl"),
        (False, "margin", "Équilibré, TVA au réel", False, "reel", "excl"),
        (True, "franchise", "Occasion, franchise de TVA", False, "franchise", "incl"),
        (True, "reel", "Occasion, TVA au réel", False, "reel", "excl"),
        (True, "margin", "Occasion", True, "margin", "incl"),
    ],
)
def test_the_profile_is_the_shared_one_that_fits_else_a_copy_that_does(
    anne: User, used: bool, regime: str, name: str, is_shared: bool, taxed_as: str, cost_vat: str
) -> None:
    profile = fitting_profile(user=anne, used=used, regime=VatRegime(regime))
    settings = activate(profile).settings
    assert profile.name == name
    assert profile.owner == (None if is_shared else anne)
    assert settings.regime is VatRegime(taxed_as)
    assert settings.cost_vat is VatBasis(cost_vat)
    assert settings.condition is (Condition.USED if used else Condition.NEW)
    assert fitting_profile(user=anne, used=used, regime=VatRegime(regime)) == profile


def test_a_copy_of_somebody_else_is_not_taken(anne: User) -> None:
    paul = User.objects.create_user("paul")
    his = fitting_profile(user=paul, used=False, regime=VatRegime.REEL)
    hers = fitting_profile(user=anne, used=False, regime=VatRegime.REEL)
    assert his.pk != hers.pk
    assert hers.owner == anne


def test_where_a_shipped_profile_is_gone_the_default_stands_in(anne: User) -> None:
    BusinessProfile.objects.filter(slug="occasion").delete()
    profile = fitting_profile(user=anne, used=True, regime=VatRegime.FRANCHISE)
    assert profile.slug == "equilibre"


# --- every combination ----------------------------------------------------------------------------


@pytest.mark.parametrize("marketplace", ["fr", "us"])
@pytest.mark.parametrize(("regime", "goods"), list(product(VatRegime, Goods)))
def test_each_answer_chooses_marketplace_profile_and_niches(
    anne: User, regime: VatRegime, goods: Goods, marketplace: str
) -> None:
    start = introduce(
        user=anne, regime=regime, marketplace=marketplace, goods=[goods], now=timezone.now()
    )
    kept = preferences_of(user=anne)
    assert (kept.marketplace, kept.profile) == (marketplace, start.profile)
    assert kept.introduced_at is not None
    niches = list(Niche.objects.filter(owner=anne).select_related("profile"))
    assert len(niches) == start.niches == len(EXAMPLES[goods])
    assert {niche.marketplace for niche in niches} == {marketplace}
    used = goods is Goods.USED_BOOKS
    for niche in niches:
        assert niche.profile == start.profile
    assert activate(start.profile).settings.condition is (Condition.USED if used else Condition.NEW)
    assert not TokenLedgerEntry.objects.exists()


def test_who_sells_both_has_the_profile_for_new_goods_and_used_books_theirs(anne: User) -> None:
    introduce(
        user=anne,
        regime=VatRegime.MARGIN,
        marketplace="fr",
        goods=[Goods.TOYS, Goods.USED_BOOKS],
        now=timezone.now(),
    )
    assert preferences_of(user=anne).profile.name == "Équilibré, TVA au réel"  # type: ignore[union-attr]
    by_profile = dict(Niche.objects.filter(owner=anne).values_list("name", "profile__slug"))
    assert sorted(by_profile.values()).count("occasion") == 1
    assert len(by_profile) == 3


def test_answering_again_chooses_anew_and_repeats_no_niche(anne: User) -> None:
    answers: dict[str, Any] = {"user": anne, "marketplace": "fr", "now": timezone.now()}
    introduce(regime=VatRegime.FRANCHISE, goods=[Goods.TOYS], **answers)
    first = Niche.objects.filter(owner=anne).first()
    assert first is not None
    move_niche(niche=first, to=Place.DELETED, now=timezone.now())
    again = introduce(regime=VatRegime.REEL, goods=[Goods.TOYS, Goods.NEW_BOOKS], **answers)
    assert again.niches == 1  # the books; the toys were had before
    assert preferences_of(user=anne).profile == again.profile
    assert Preferences.objects.filter(user=anne).count() == 1


def test_what_was_chosen_may_be_deleted(anne: User) -> None:
    profile = introduce(
        user=anne, regime=VatRegime.REEL, marketplace="fr", goods=[Goods.NEW], now=timezone.now()
    ).profile
    delete_profile(profile=profile)
    assert preferences_of(user=anne).profile is None


# --- the templates of a marketplace ---------------------------------------------------------------


def test_a_template_asks_its_question_where_one_sells() -> None:
    assert all(template_of(slug, "fr") for slugs in EXAMPLES.values() for slug in slugs)
    for marketplace in ("fr", "us"):
        offered = templates_for(marketplace)
        assert {one.filters.marketplace for one in offered} == {marketplace}
        wanted = {slug for slugs in EXAMPLES.values() for slug in slugs}
        assert wanted <= {one.slug for one in offered}


@pytest.mark.parametrize("marketplace", ["fr", "us", "de", "uk"])
def test_the_first_niches_find_something_in_the_demonstration(keepa: Any, marketplace: str) -> None:
    for slug in FIRST_NICHES:
        template = template_of(slug, marketplace)
        assert template, slug
        found = discover(filters=template.filters, max_results=5, asker=Asker(source="manual"))
        assert found.asins, slug


# --- the pages ------------------------------------------------------------------------------------


def test_the_questions_are_offered_on_the_first_day_and_not_again(client_of: Visitor) -> None:
    anne = client_of()
    assert 'id="first-day"' in anne.get("/").content.decode()
    answer = anne.post(HOME, ANSWERS, follow=True)
    assert answer.redirect_chain == [("/niches/", 302)]
    text = answer.content.decode()
    assert "Votre profil est «\u00a0Équilibré\u00a0»." in text
    assert "2\u00a0niches" in text or "2 niches" in text
    assert 'id="first-day"' not in anne.get("/").content.decode()


def test_they_can_be_skipped_and_answered_later(client_of: Visitor) -> None:
    anne = client_of()
    assert anne.post(HOME, {"action": "skip"})["Location"] == "/"
    assert 'id="first-day"' not in anne.get("/").content.decode()
    kept = preferences_of(user=anne.user)
    assert (kept.marketplace, kept.profile, Niche.objects.count()) == ("", None, 0)
    assert f'href="{HOME}"' in anne.get("/configuration/").content.decode()
    assert anne.get(HOME).status_code == 200


def test_no_page_leads_there_by_force(client_of: Visitor) -> None:
    anne = client_of()
    for address in ("/", "/niches/", "/listes/"):
        assert anne.get(address).status_code == 200


def test_what_was_answered_is_what_the_form_starts_with(client_of: Visitor) -> None:
    anne = client_of()
    anne.post(HOME, ANSWERS | {"regime": "reel", "marketplace": "us"})
    text = anne.get(HOME).content.decode()
    assert '<option value="us" selected>' in text
    assert text.split('value="reel"')[1].split(">")[0].count("checked") == 1


@pytest.mark.parametrize(
    "wrong",
    [{"regime": "x"}, {"marketplace": "x"}, {"goods": ["x"]}, {"goods": []}, {"regime": ""}],
)
def test_an_answer_that_is_none_chooses_nothing(client_of: Visitor, wrong: dict[str, Any]) -> None:
    answer = client_of().post(HOME, ANSWERS | wrong)
    assert answer.status_code == 422
    assert 'role="alert"' in answer.content.decode()
    assert not Preferences.objects.exists()
    assert not Niche.objects.exists()


def test_a_viewer_is_not_asked(client_of: Visitor) -> None:
    vera = client_of("vera")
    change_role(member=vera.user, role=Role.VIEWER)
    assert 'id="first-day"' not in vera.get("/").content.decode()
    assert '<form class="section"' not in vera.get(HOME).content.decode()
    assert vera.post(HOME, ANSWERS).status_code == 403


def test_the_examples_of_a_new_site_ask_nobody_to_go_without_the_questions(
    client_of: Visitor,
) -> None:
    anne = client_of()
    assert create_example_niches(owner=anne.user) == 3
    assert 'id="first-day"' in anne.get("/").content.decode()
    anne.post(HOME, ANSWERS | {"regime": "reel"})
    niches = Niche.objects.filter(owner=anne.user).select_related("profile")
    assert {niche.profile for niche in niches} == {preferences_of(user=anne.user).profile}
    toys = [one for slug in EXAMPLES[Goods.TOYS] if (one := template_of(slug, "fr"))]
    assert len(niches) == len(toys)
    asked = [niche.filters for niche in niches]
    assert all(one.filters.canonical() in asked for one in toys)


def test_an_example_that_was_worked_with_stays(client_of: Visitor) -> None:
    anne = client_of()
    create_example_niches(owner=anne.user)
    ran, changed = Niche.objects.filter(owner=anne.user).order_by("pk")[:2]
    Run.objects.create(owner=anne.user, niche=ran, marketplace="fr", kind=Run.Kind.SEARCH)
    changed.filters = {**changed.filters, "bsr_max": 1234}
    changed.save()
    assert 'id="first-day"' not in anne.get("/").content.decode()
    anne.post(HOME, ANSWERS)
    assert Niche.objects.filter(pk__in=[ran.pk, changed.pk]).count() == 2


def test_who_has_worked_here_is_no_newcomer(client_of: Visitor) -> None:
    anne = client_of()
    Niche.objects.create(owner=anne.user, name="Livres", marketplace="fr", filters={})
    assert 'id="first-day"' not in anne.get("/").content.decode()
