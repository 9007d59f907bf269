"""Somebody whose jobs run."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import User


@pytest.fixture
def anne(django_user_model: Any) -> User:
    user: User = django_user_model.objects.create_user("anne")
    return user
