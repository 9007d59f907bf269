"""Django's own command, which does not look at a password that comes from the environment."""

from __future__ import annotations

import os
from typing import Any

from django.contrib.auth.management.commands import createsuperuser
from django.contrib.auth.models import User
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.management.base import CommandError

VARIABLE = "DJANGO_SUPERUSER_PASSWORD"


class Command(createsuperuser.Command):
    """Create an administrator."""

    def handle(self, *args: Any, **options: Any) -> str | None:
        """Refuse a weak password whichever way it comes; raises ``CommandError``."""
        if not options["interactive"] and VARIABLE in os.environ:
            names = {
                name: options[name] or os.environ.get(f"DJANGO_SUPERUSER_{name.upper()}", "")
                for name in ("username", "email")
            }
            try:
                validate_password(os.environ[VARIABLE], User(**names))
            except ValidationError as error:
                sentences = " ".join(error.messages)
                raise CommandError(f"{VARIABLE}: {sentences}", returncode=2) from None
        return super().handle(*args, **options)
