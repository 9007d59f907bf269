"""Configuration: profiles that show what they would change, and every earlier state kept."""

from __future__ import annotations

import html
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import httpx
import pytest
from django.contrib.auth.models import User
from django.core import mail
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from discovery.keepa.client import KeepaClient, using_client
from discovery.models import ApiToken, BusinessProfile, Favourite, NotificationSettings, Run
from discovery.pages.profiles.forms import ProfileForm
from discovery.profiles.service import copy_profile, ensure_shipped_profiles
from discovery.profiles.setting_words import GROUPS
from discovery.profiles.text import setting_label
from discovery.runs.announcements import mail_the_end
from discovery.sandbox.server import create_app
from discovery.scoring import Profile, Verdict
from discovery.scoring.profile import SPECS
from tests.discovery.products.test_pages import stored

pytestmark = pytest.mark.django_db

Visitor = Callable[..., Any]
PAGE = "/configuration/"
EQUILIBRE = f"{PAGE}profils/equilibre/"


@pytest.fixture(autouse=True)
def shipped(db: None) -> None:
    ensure_shipped_profiles()


@pytest.fixture
def boss(client_of: Visitor) -> Any:
    return client_of("boss", is_staff=True, is_superuser=True, email="boss@example.org")


def profile(slug: str = "equilibre") -> BusinessProfile:
    return BusinessProfile.objects.get(slug=slug)


def another_of(username: str) -> Client:
    """A second browser, in which somebody else is signed in."""
    client = Client()
    client.force_login(User.objects.create_user(username))
    return client


def sent(found: BusinessProfile, **changes: str) -> dict[str, str]:
    """The profile's form as a browser sends it back, some fields changed."""
    form = ProfileForm(profile=found)
    data = {name: str(form[name].value() or "") for name in form.fields}
    for index, (scope, setting, _field, _is_dropped) in enumerate(form.override_rows()):
        data |= {f"scope{index}": scope, f"setting{index}": setting}
    return data | changes


def text_of(answer: Any) -> str:
    text: str = html.unescape(answer.content.decode())
    return text.replace("\u00a0", " ").replace("\u202f", " ")


def test_every_setting_has_a_name_a_group_and_a_field(boss: Any) -> None:
    text = text_of(boss.get(EQUILIBRE))
    for name, spec in SPECS.items():
        assert spec.group in GROUPS
        assert setting_label(name) != name
        assert f'name="{name}"' in text, name


def test_sending_the_form_back_untouched_changes_nothing(boss: Any) -> None:
    before = profile()
    answer = boss.post(EQUILIBRE, sent(before, action="save"))
    assert answer.status_code == 302
    after = profile()
    assert (after.revision, after.settings) == (1, before.settings)
    assert after.description == before.description


@pytest.mark.parametrize("language", ["fr", "en"])
def test_numbers_are_written_as_the_reader_writes_them(boss: Any, language: str) -> None:
    boss.cookies["django_language"] = language
    mark = "," if language == "fr" else "."
    answer = boss.post(EQUILIBRE, sent(profile(), prep_per_unit=f"0{mark}35", action="save"))
    assert answer.status_code == 302
    assert profile().settings["prep_per_unit"] == "0.35"
    assert f'value="0{mark}35"' in boss.get(EQUILIBRE).content.decode()


def test_a_preview_says_which_known_products_change_and_saves_nothing(boss: Any) -> None:
    stored()
    Favourite.objects.create(user=boss.user, marketplace="us", asin="0131103628")
    higher = {"consider_roi_percent": "800", "roi_target_percent": "900"}
    asked = sent(profile(), strong_roi_percent="950", action="preview", **higher)
    answer = boss.post(EQUILIBRE, asked)
    text = text_of(answer)
    assert answer.status_code == 200
    panel = answer.context["page"].preview
    (change,) = panel.changes
    assert (panel.total, panel.better, panel.worse) == (1, 0, 1)
    assert (change.before.verdict, change.after.verdict) == (Verdict.CONSIDER, Verdict.SKIP)
    assert "1 de vos 1 produits connus change de verdict" in text
    assert "The C <i>Language</i>" in text
    assert "Acheter : ROI : <s>30 %</s>" in text
    assert 'value="900"' in text
    assert profile().revision == 1


def test_a_preview_costs_one_statement_for_each_part_whatever_the_number(boss: Any) -> None:
    def statements() -> int:
        with CaptureQueriesContext(
            connection,
        ) as caught:
            assert boss.post(EQUILIBRE, sent(profile(), min_profit="4")).status_code == 200
        return len(caught)

    for number in range(3):
        asin = f"B00000000{number}"
        stored(asin)
        Favourite.objects.create(user=boss.user, marketplace="us", asin=asin)
    few = statements()
    for number in range(3, 10):
        asin = f"B00000000{number}"
        stored(asin)
        Favourite.objects.create(user=boss.user, marketplace="us", asin=asin)
    assert statements() == few


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"roi_target_percent": "beaucoup"}, "« beaucoup » n’est pas un nombre."),
        ({"roi_target_percent": ""}, "Une valeur est nécessaire."),
        ({"roi_target_percent": "5000"}, "Au plus 1 000."),
        ({"prep_per_unit": "-1"}, "Au moins 0."),
        ({"stale_hours": "2,5"}, "Ce n’est pas un nombre entier."),
        ({"regime": "aucun"}, "Ce n’est pas l’un des choix."),
        ({"roi_target_percent": "60"}, "Ne doit pas être inférieur à « Acheter : ROI »."),
        ({"name": ""}, "Ce champ est obligatoire."),
    ],
)
def test_what_cannot_be_used_is_said_beside_its_field(
    boss: Any, changes: dict[str, str], sentence: str
) -> None:
    answer = boss.post(EQUILIBRE, sent(profile(), action="save", **changes))
    assert answer.status_code == 422
    assert sentence in text_of(answer)
    assert profile().revision == 1


def test_an_exception_is_added_set_saved_and_taken_away(boss: Any) -> None:
    place = {"new-marketplace": "us", "new-category": "Books", "new-setting": "min_profit"}
    answer = boss.post(EQUILIBRE, sent(profile(), action="override", **place))
    assert answer.status_code == 200
    assert "Books sur Amazon.com" in text_of(answer)
    assert profile().revision == 1

    rows = {"scope0": "us:283155", "setting0": "min_profit", "o0": "4,5"}
    assert boss.post(EQUILIBRE, sent(profile(), action="save", **rows)).status_code == 302
    assert profile().settings["overrides"] == {"us:283155": {"min_profit": "4.5"}}
    books = Profile.from_settings(profile().settings).for_marketplace("us", [283155])
    assert str(books.min_profit) == "4.5"
    assert "comme ailleurs" in text_of(boss.get(EQUILIBRE))

    assert boss.post(EQUILIBRE, sent(profile(), action="save", drop0="on")).status_code == 302
    assert profile().settings["overrides"] == {}


def test_an_exception_keeps_the_order_of_the_floors_too(boss: Any) -> None:
    rows = {"scope0": "fr", "setting0": "min_profit", "o0": "500"}
    answer = boss.post(EQUILIBRE, sent(profile(), action="save", **rows))
    assert answer.status_code == 422
    assert "Amazon.fr, Achat fort : profit" in text_of(answer)


def test_an_unknown_category_of_an_exception_is_refused(boss: Any) -> None:
    place = {"new-marketplace": "us", "new-category": "Bookz", "new-setting": "min_profit"}
    answer = boss.post(EQUILIBRE, sent(profile(), action="override", **place))
    assert answer.status_code == 422
    assert "Bookz" in text_of(answer)


def test_a_revision_tells_who_changed_what_and_comes_back_in_one_click(boss: Any) -> None:
    boss.post(EQUILIBRE, sent(profile(), min_profit="4", action="save"))
    revisions = text_of(boss.get(EQUILIBRE)).partition('id="revisions"')[2]
    newest, first = revisions.split("<li>\n")[1:]
    assert "<b>Révision 2</b>" in newest
    assert "en vigueur" in newest
    assert "· boss<" in newest
    assert "<li>Acheter : profit : <s>3</s>" in newest
    assert "<b>4</b></li>" in newest
    assert "<b>Révision 1</b>" in first
    assert "· ArbitrageVault<" in first
    assert "en vigueur" not in first
    assert "point de départ" in first

    assert boss.post(f"{EQUILIBRE}revisions/1/retablir/").status_code == 302
    restored = profile()
    assert (restored.revision, restored.settings["min_profit"]) == (3, "3")
    assert boss.post(f"{EQUILIBRE}revisions/99/retablir/").status_code == 404


def test_nobody_overwrites_what_was_saved_meanwhile(boss: Any) -> None:
    opened = sent(profile(), min_profit="5", action="save")
    boss.post(EQUILIBRE, sent(profile(), min_profit="4", action="save"))
    answer = boss.post(EQUILIBRE, opened)
    assert answer.status_code == 409
    assert "enregistré par quelqu’un d’autre" in text_of(answer)
    assert profile().settings["min_profit"] == "4"
    again = opened | {"revision": "2"}
    assert f'name="revision" value="{again["revision"]}"' in answer.content.decode()
    assert boss.post(EQUILIBRE, again).status_code == 302
    assert profile().settings["min_profit"] == "5"


def test_a_member_copies_a_shared_profile_and_changes_only_the_copy(client_of: Visitor) -> None:
    anne = client_of("anne")
    assert anne.post(EQUILIBRE, sent(profile(), action="save")).status_code == 403
    assert anne.post(f"{EQUILIBRE}revisions/1/retablir/").status_code == 403
    assert anne.post(f"{EQUILIBRE}defaut/").status_code == 403
    assert anne.post(f"{EQUILIBRE}copier/", {"name": "Été"}).status_code == 302
    own = profile("ete")
    assert own.settings == profile().settings
    address = f"{PAGE}profils/ete/"
    assert anne.post(address, sent(own, min_profit="9", strong_profit="9", action="save"))
    assert profile("ete").settings["min_profit"] == "9"
    assert profile().settings["min_profit"] == "3"
    assert another_of("bob").get(address).status_code == 404

    assert anne.post(f"{address}supprimer/").status_code == 302
    assert not BusinessProfile.objects.filter(slug="ete").exists()


def test_two_copies_of_one_name_have_addresses_of_their_own(client_of: Visitor) -> None:
    anne = client_of("anne")
    slugs = [copy_profile(profile=profile(), name="Été", owner=anne.user).slug for _ in range(3)]
    assert slugs == ["ete", "ete-2", "ete-3"]


def test_the_default_profile_is_an_administrators_choice(boss: Any) -> None:
    assert boss.post(f"{PAGE}profils/prudent/defaut/").status_code == 302
    assert BusinessProfile.objects.get(is_default=True).slug == "prudent"
    boss.post(f"{PAGE}profils/equilibre/supprimer/")
    assert BusinessProfile.objects.filter(slug="equilibre").exists()


def test_the_page_asks_the_same_number_of_statements_however_many_rows(client_of: Visitor) -> None:
    anne = client_of("anne")

    def statements() -> int:
        with CaptureQueriesContext(connection) as caught:
            assert anne.get(PAGE).status_code == 200
        return len(caught)

    few = statements()
    for number in range(5):
        copy_profile(profile=profile(), name=f"Mine {number}", owner=anne.user)
        anne.post(f"{PAGE}jetons/", {"name": f"laptop {number}", "scopes": ["read"]})
    assert statements() == few


def test_the_connection_test_says_what_keepa_says(
    client_of: Visitor, sandbox: Any, keepa_client: Any
) -> None:
    with using_client(keepa_client):
        answer = client_of().post(f"{PAGE}keepa/", follow=True)
    assert "Keepa répond" in text_of(answer)
    assert sandbox.charged_total == 0


def test_a_refused_key_is_said_in_words(client_of: Visitor) -> None:
    transport = httpx.WSGITransport(app=create_app(key="another"))
    keepa = KeepaClient(api_key="sandbox", base_url="http://sandbox.test", transport=transport)
    with using_client(keepa):
        answer = client_of().post(f"{PAGE}keepa/", follow=True)
    assert answer.status_code == 200
    assert "clé" in text_of(answer).partition('class="banner error"')[2][:600]


def test_notifications_are_chosen_and_tried(boss: Any, settings: Any) -> None:
    boss.post(f"{PAGE}notifications/", {"search_finished": "on", "action": "save"})
    kept = NotificationSettings.objects.get(user=boss.user)
    assert (kept.search_finished, kept.cache_alert) == (True, False)
    answer = boss.post(f"{PAGE}notifications/", {"action": "test"}, follow=True)
    assert "boss@example.org" in text_of(answer)
    assert [message.to for message in mail.outbox] == [["boss@example.org"]]


def test_without_a_mail_server_or_an_address_the_page_says_so(
    client_of: Visitor, settings: Any
) -> None:
    anne = client_of("anne")
    address = f"{PAGE}notifications/"
    assert "n’a pas d’adresse" in text_of(anne.post(address, {"action": "test"}, follow=True))
    settings.EMAIL_BACKEND = "django.core.mail.backends.console.EmailBackend"
    anne.user.email = "anne@example.org"
    anne.user.save()
    text = text_of(anne.post(address, {"action": "test"}, follow=True))
    assert "Aucun serveur de messagerie" in text


def test_the_end_of_a_long_search_is_told_to_who_wants_it(client_of: Visitor) -> None:
    anne = client_of("anne", email="anne@example.org")
    now = timezone.now()
    run = Run.objects.create(
        owner=anne.user, filters={"marketplace": "fr"}, max_results=5, done=5, kind="search",
        state=Run.State.DONE, finished_at=now + timedelta(minutes=3),
    )  # fmt: skip
    assert not mail_the_end(run=run)
    NotificationSettings.objects.create(user=anne.user, search_finished=True)
    assert mail_the_end(run=run)
    assert mail.outbox[0].to == ["anne@example.org"]
    assert "dont 0 à acheter et 0 à sourcer" in mail.outbox[0].body
    run.finished_at = run.created_at + timedelta(seconds=5)
    assert not mail_the_end(run=run)


def test_a_null_character_in_a_name_breaks_nothing(client_of: Visitor) -> None:
    anne = client_of("anne")
    assert anne.post(f"{PAGE}jetons/", {"name": "a\x00b", "scopes": ["read"]}).status_code == 200
    assert anne.post(f"{EQUILIBRE}copier/", {"name": "c\x00d"}).status_code == 302
    assert (ApiToken.objects.get().name, profile("cd").name) == ("ab", "cd")


def test_a_copy_whose_address_was_taken_meanwhile_takes_the_next(
    client_of: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    anne = client_of("anne")
    free = iter(["equilibre", "equilibre-2"])
    monkeypatch.setattr("discovery.profiles.service._free_slug", lambda _name: next(free))
    copy = copy_profile(profile=profile(), name="Équilibré", owner=anne.user)
    assert copy.slug == "equilibre-2"


def test_the_same_exception_is_not_added_twice(boss: Any) -> None:
    place = {"new-marketplace": "us", "new-category": "Books", "new-setting": "min_profit"}
    rows = {"scope0": "us:283155", "setting0": "min_profit", "o0": "4,5"}
    answer = boss.post(EQUILIBRE, sent(profile(), action="override", **place, **rows))
    assert answer.status_code == 422
    assert "existe déjà" in text_of(answer)


def test_a_revision_of_wider_bounds_is_shown_and_not_restored(boss: Any) -> None:
    boss.post(EQUILIBRE, sent(profile(), min_profit="4", action="save"))
    profile().history.filter(number=1).update(settings={"min_profit": "999999"})
    assert boss.get(EQUILIBRE).status_code == 200
    answer = boss.post(f"{EQUILIBRE}revisions/1/retablir/", follow=True)
    assert "Au plus" in text_of(answer)
    assert profile().settings["min_profit"] == "4"


def test_who_cancelled_a_search_is_not_mailed_of_its_end(client_of: Visitor) -> None:
    anne = client_of("anne", email="anne@example.org")
    NotificationSettings.objects.create(user=anne.user, search_finished=True)
    run = Run.objects.create(
        owner=anne.user, filters={"marketplace": "fr"}, max_results=5, kind="search",
        state=Run.State.CANCELLED, finished_at=timezone.now() + timedelta(minutes=3),
    )  # fmt: skip
    assert not mail_the_end(run=run)
