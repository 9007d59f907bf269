"""``manage.py create_api_token USER``"""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User
from django.core.management import CommandError
from django.utils import timezone

from discovery.accounts.api_tokens import user_for_bearer
from discovery.models import ApiToken
from tests.discovery.management.conftest import Run

pytestmark = pytest.mark.django_db


def test_the_token_alone_is_on_standard_output_and_works(run: Run) -> None:
    anne = User.objects.create_user("anne")
    text = run("create_api_token", "anne", "--name", "spreadsheet").out.strip()
    assert user_for_bearer(text, now=timezone.now()) == anne
    assert ApiToken.objects.get().name == "spreadsheet"


@pytest.mark.parametrize("user", ["nobody", "gone"])
def test_a_token_is_made_for_active_users_only(run: Run, user: str) -> None:
    User.objects.create_user("gone", is_active=False)
    with pytest.raises(CommandError) as caught:
        run("create_api_token", user)
    assert caught.value.returncode == 2
    assert user in str(caught.value)
    assert not ApiToken.objects.exists()
