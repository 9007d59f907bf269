"""Where each kind of run has its pages, and what is done on them: names of the URLconf."""

from __future__ import annotations

from collections.abc import Mapping

from django.urls import reverse

from discovery.models import Run

# Kind of run -> what is done -> the name of its address, each with the run's id.
NAMES: Mapping[str, Mapping[str, str]] = {
    Run.Kind.SEARCH: {
        "progress": "progress",
        "cancel": "cancel",
        "resume": "resume",
        "selection": "selection",
        "buy_boxes": "buy_boxes",
        "export": "export",
        "compare": "compare_runs",
    },
    Run.Kind.LIST: {
        "progress": "list_progress",
        "cancel": "cancel_list",
        "resume": "resume_list",
        "selection": "list_selection",
        "buy_boxes": "list_buy_boxes",
        "export": "list_export",
        "compare": "compare_lists",
    },
    Run.Kind.SOURCING: {
        "progress": "sourcing_progress",
        "cancel": "cancel_sourcing",
        "resume": "resume_sourcing",
        "selection": "sourcing_selection",
        "buy_boxes": "sourcing_buy_boxes",
        "export": "sourcing_export",
        "compare": "compare_sourcing",
    },
}


def address_of(run: Run, action: str) -> str:
    """The address at which that is done with the run; raises ``KeyError`` for another action."""
    return reverse(f"discovery:{NAMES[run.kind][action]}", args=[run.pk])
