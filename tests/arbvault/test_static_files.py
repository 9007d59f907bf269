"""The static files as a site that is not in development serves them."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from django.contrib.staticfiles.finders import get_finders
from django.core.management import call_command

from arbvault.storage import HashedStaticFilesStorage

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

HASHED = re.compile(r"\.[0-9a-f]{12}(\.\w+)?$")


def test_every_file_of_every_application_is_served_under_a_name_of_its_content(
    settings: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """A style sheet or module that names a file that is not there would end the collecting."""

    def none(_self: HashedStaticFilesStorage, _paths: Iterable[str]) -> Iterable[tuple[str, str]]:
        return ()  # to compress takes ten times as long, and has tests of what is served

    monkeypatch.setattr(HashedStaticFilesStorage, "compress_files", none)
    storage = {"BACKEND": "arbvault.storage.HashedStaticFilesStorage"}
    settings.STORAGES = settings.STORAGES | {"staticfiles": storage}
    settings.STATIC_ROOT = tmp_path
    call_command("collectstatic", interactive=False, verbosity=0)
    named = json.loads((tmp_path / "staticfiles.json").read_text())["paths"]
    assert {*named} == {path for finder in get_finders() for path, _ in finder.list(None)}
    for name in named.values():
        assert HASHED.search(name), name
        assert (tmp_path / name).is_file(), name
