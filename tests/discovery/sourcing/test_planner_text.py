"""Every reason of the planner has its sentence, in both languages."""

from __future__ import annotations

import pytest
from django.utils.translation import override

from discovery.sourcing.planner import Reason
from discovery.sourcing.planner_text import reason_text


@pytest.mark.parametrize("reason", Reason)
def test_every_reason_is_said_in_both_languages(reason: Reason) -> None:
    with override("en"):
        english = reason_text(reason)
    with override("fr"):
        assert english != reason_text(reason) != ""
