"""Static files under names that change with their content, compressed once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from whitenoise.storage import CompressedManifestStaticFilesStorage

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

OUR_MODULES = "discovery/js/*.js"


class HashedStaticFilesStorage(CompressedManifestStaticFilesStorage):
    """Compresses the files pages ask for and leaves their unhashed originals alone.

    Those stay, because a module of others may import another by its plain name; compressing them
    too would treble the time of a first run for files that are hardly ever asked for. Our own
    modules import each other by their hashed names.
    """

    _aggregation = CompressedManifestStaticFilesStorage._js_module_import_aggregation_patterns[1]
    patterns = (*CompressedManifestStaticFilesStorage.patterns, (OUR_MODULES, _aggregation))

    def compress_files(self, paths: Iterable[str]) -> Iterator[tuple[str, str]]:
        """Compress those of the paths that pages ask for; yields path and compressed path."""
        asked_for: dict[str, Any] = self.hashed_files
        served = set(asked_for.values())
        yield from super().compress_files([path for path in paths if path in served])
