#!/usr/bin/env python
"""Django's command line, with the embedded PostgreSQL attached where a command needs it."""

from __future__ import annotations

import os
import sys

# Commands that never touch the database, and so must not start a server for it.
WITHOUT_DATABASE = frozenset(
    {
        "check",
        "collectstatic",
        "compilemessages",
        "help",
        "keepa_sandbox",
        "makemessages",
        "version",
    }
)


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "arbvault.settings")
    from django.core.exceptions import ImproperlyConfigured
    from django.core.management import execute_from_command_line
    from django.db import DatabaseError

    from arbvault.disk import in_words
    from arbvault.postgres import attach
    from arbvault.postgres_programs import PostgresError

    command = sys.argv[1] if len(sys.argv) > 1 else "help"
    try:
        from django.conf import settings

        if command not in WITHOUT_DATABASE and settings.EMBEDDED_POSTGRES is not None:
            attach(settings.EMBEDDED_POSTGRES)
        execute_from_command_line(sys.argv)
    except (ImproperlyConfigured, PostgresError) as error:
        sys.exit(f"{type(error).__name__}: {error}")
    except (OSError, DatabaseError) as error:
        if (sentence := in_words(error)) is None:
            raise
        sys.exit(sentence)


if __name__ == "__main__":
    main()
