"""An upgrade signs nobody out."""

from __future__ import annotations

from importlib import import_module

import pytest
from django.apps import apps
from django.contrib.auth import BACKEND_SESSION_KEY
from django.contrib.auth.models import User
from django.contrib.sessions.models import Session
from django.db import connection
from django.test import Client

migration = import_module("discovery.migrations.0015_sessions_follow_the_backend")


def is_signed_in(browser: Client) -> bool:
    return bool(browser.get("/mon-compte/").status_code == 200)


@pytest.mark.django_db
def test_sessions_outlive_the_move_of_the_class_that_opened_them() -> None:
    browser = Client()
    browser.force_login(User.objects.create_user("anne"))
    session = browser.session
    session[BACKEND_SESSION_KEY] = migration.BEFORE
    session["basket"] = ["B000000001"]
    session.save()
    Session.objects.create(
        session_key="broken", session_data="?", expire_date=session.get_expiry_date()
    )
    with connection.schema_editor() as editor:
        migration.rename(apps, editor)
        assert browser.session["basket"] == ["B000000001"]
        assert is_signed_in(browser)
        migration.rename_back(apps, editor)
    assert browser.session[BACKEND_SESSION_KEY] == migration.BEFORE
    assert not is_signed_in(browser)
