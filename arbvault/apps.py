from __future__ import annotations

import gc

from django.apps import AppConfig

# A search makes tens of thousands of small objects at once and next to no cycles. At Python's
# defaults the collector walks them all over and over: a third of the time of re-scoring.
GC_THRESHOLDS = (50_000, 20, 50)


class ArbvaultConfig(AppConfig):
    name = "arbvault"

    def ready(self) -> None:
        from arbvault import checks  # noqa: F401 - registers the system checks

        gc.set_threshold(*GC_THRESHOLDS)
