"""Which passwords are refused, wherever one is chosen."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.contrib.auth.password_validation import (
    password_validators_help_texts,
    validate_password,
)
from django.core.exceptions import ValidationError
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils import translation

GOOD = "correct horse battery"


@pytest.fixture
def annette() -> User:
    return User(username="annette.dupont", email="a.martin@warehouse.example", first_name="Zoé")


def faults(password: str, user: User | None = None) -> set[str]:
    try:
        validate_password(password, user)
    except ValidationError as error:
        return {str(fault.code) for fault in error.error_list}
    return set()


@pytest.mark.parametrize(
    "password",
    [GOOD, "x9$Kf2!pQz7w", "les loutres dansent mal", "annette likes purple elephants"],
)
def test_a_password_nobody_would_try_first_is_accepted(annette: User, password: str) -> None:
    assert faults(password, annette) == set()


def test_eleven_characters_are_too_few() -> None:
    assert faults("x9$Kf2!pQz7") == {"password_too_short"}


@pytest.mark.parametrize(
    "password",
    [
        "annette20262026",
        "Annette.Dupont",
        "dupont-annette-1",
        "ettenna-2026-tnopud",
        "4nn3tt3!!!!!!",
        "A.n.n.e.t.t.e.1",
        "ÂnnéttÈ-12-34-56",
        "annette+cheval42",
        "martinmartin",
        "w4reh0use-2026!",
        "zoe zoe zoe zoe",
        "ArbitrageVault1",
        "keepa-keepa-keepa",
    ],
)
def test_it_is_not_made_of_names(annette: User, password: str) -> None:
    assert "password_of_names" in faults(password, annette)


@pytest.mark.parametrize(
    "password",
    [
        "Password2026!!",
        "P@ssw0rdP@ssw0rd",
        "motdepasse1234",
        "soleilsoleil",
        "2026!elephant!",
        "azertyuiop12",
        "abcdefghijkl",
        "qsdfghjklm00",
        "aaaaaaaaaaaa",
        "ab!ab!ab!ab!ab!",
        "123456789012",
    ],
)
def test_it_is_not_what_many_others_chose(annette: User, password: str) -> None:
    assert "password_too_common" in faults(password, annette)


@pytest.mark.parametrize("password", ["", "\x00" * 12, "𝒂" * 12, "é" * 4000, "!" * 5000])
def test_any_text_is_judged(annette: User, password: str) -> None:
    assert faults(password, annette)


def test_the_rules_are_said_in_french(annette: User) -> None:
    with translation.override("fr"):
        with pytest.raises(ValidationError) as refused:
            validate_password("annette1", annette)
        said = " ".join([*refused.value.messages, *password_validators_help_texts()])
    assert "au minimum 12 caractères" in said
    assert "Ce mot de passe est fait de votre nom" in said
    assert "Il ne doit pas être fait de votre nom" in said


@pytest.mark.django_db
class TestTheRulesHold:
    def test_in_the_administration(self) -> None:
        boss = User.objects.create_superuser("boss", password=GOOD)
        browser = Client(headers={"accept-language": "en"})
        browser.force_login(boss)
        weak = {"password1": "boss-boss-123", "password2": "boss-boss-123"}
        page = browser.post(
            f"/admin/auth/user/{boss.pk}/password/", weak | {"usable_password": "true"}
        )
        assert "made of your name" in page.content.decode()
        page = browser.post(
            "/admin/auth/user/add/", weak | {"username": "bossboss", "usable_password": "true"}
        )
        assert "made of your name" in page.content.decode()
        assert not User.objects.filter(username="bossboss").exists()

    def test_for_a_superuser_made_without_questions(self, monkeypatch: Any) -> None:
        monkeypatch.setenv("DJANGO_SUPERUSER_PASSWORD", "vera-2026-vera")
        make = ("createsuperuser", "--no-input", "--username", "vera", "--email", "")
        with pytest.raises(CommandError, match="DJANGO_SUPERUSER_PASSWORD: "):
            call_command(*make)
        assert not User.objects.exists()
        monkeypatch.setenv("DJANGO_SUPERUSER_PASSWORD", GOOD)
        call_command(*make, verbosity=0)
        assert User.objects.get().check_password(GOOD)

    def test_not_for_passwords_of_before(self) -> None:
        User.objects.create_user("vera", password="short")
        answer = Client().post("/login/", {"username": "vera", "password": "short"})
        assert answer.status_code == 302
