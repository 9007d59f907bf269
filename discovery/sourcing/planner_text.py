"""The planner's reasons, in the reader's words."""

from __future__ import annotations

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from discovery.sourcing.planner import Reason

SENTENCES = {
    Reason.SWITCHED_OFF: gettext_noop("Nothing runs by itself: it is switched off."),
    Reason.BALANCE_UNKNOWN: gettext_noop("Nothing is due, and Keepa was not asked yet."),
    Reason.NOTHING_DUE: gettext_noop("Nothing is due."),
    Reason.NO_TOKENS: gettext_noop("Jobs are due and wait for tokens: the rest is kept back."),
    Reason.STARTED: gettext_noop("Jobs that are due start."),
    Reason.AT_WORK: gettext_noop("What is due is still at work: this time is left out."),
    Reason.CAPPED: gettext_noop("What is due has spent its tokens of the day."),
    Reason.IDLE_TOKENS: gettext_noop("Tokens that would expire refresh what is asked most."),
}


def reason_text(reason: Reason) -> str:
    """Why the planner does what it does, as a sentence."""
    return _(SENTENCES[reason])
