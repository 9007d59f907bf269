"""Whether mail leaves the site, and sending it without failing over a server that refuses."""

from __future__ import annotations

import logging
import smtplib
from collections.abc import Sequence

from django.conf import settings
from django.core.mail import send_mail

logger = logging.getLogger(__name__)

# What Django writes instead of sending; with these nothing reaches a mailbox.
NOT_SENDING = ("console.EmailBackend", "dummy.EmailBackend")


def mail_is_sent() -> bool:
    """Whether mail leaves the site: without ``EMAIL_URL`` it would end in a log."""
    return not settings.EMAIL_BACKEND.endswith(NOT_SENDING)


def send(*, addresses: Sequence[str], subject: str, text: str) -> bool:
    """Mail the text; a server that refuses is logged, not raised. Returns whether it was sent."""
    try:
        send_mail(subject, text, None, addresses)
    except (smtplib.SMTPException, OSError) as error:
        logger.warning("“%s” could not be mailed: %s", subject, error)
        return False
    return True
