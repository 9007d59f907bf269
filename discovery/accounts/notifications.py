"""E-mail to users who asked for it: a long search has ended, the cache saves too little."""

from __future__ import annotations

import logging
import smtplib

from django.contrib.auth.models import AbstractBaseUser, User
from django.core.mail import send_mail
from django.utils.translation import gettext as _

from discovery.accounts.password_links import mail_is_set
from discovery.models import NotificationSettings

logger = logging.getLogger(__name__)


class MailProblem(Exception):
    """The message could not be sent; its text says why."""

    code = "mail_problem"


def settings_of(*, user: AbstractBaseUser) -> NotificationSettings:
    """What the user chose; nothing, unsaved, when he has not."""
    found = NotificationSettings.objects.filter(user=user.pk).first()
    return found or NotificationSettings(user_id=user.pk)


def choose(*, user: AbstractBaseUser, search_finished: bool, cache_alert: bool) -> None:
    """Keep what the user wants to be told."""
    NotificationSettings.objects.update_or_create(
        user_id=user.pk,
        defaults={"search_finished": search_finished, "cache_alert": cache_alert},
    )


def alert_addresses() -> list[str]:
    """Who wants to hear that the cache saves too little: administrators who chose so."""
    return list(
        NotificationSettings.objects.filter(
            cache_alert=True, user__is_active=True, user__is_staff=True
        )
        .exclude(user__email="")
        .values_list("user__email", flat=True)
    )


def send_test(*, user: User) -> None:
    """Send the user a message now. Raises ``MailProblem``."""
    if not user.email:
        raise MailProblem(_("Your account has no e-mail address: ask an administrator for it."))
    if not mail_is_set():
        raise MailProblem(_("No mail server is set (EMAIL_URL): nothing can be sent."))
    subject = _("ArbitrageVault: a test")
    text = _("Your notifications arrive. You can turn them off on the page Configuration.")
    try:
        send_mail(subject, text, None, [user.email])
    except (smtplib.SMTPException, OSError) as error:
        logger.warning("the test mail could not be sent: %s", error)
        raise MailProblem(_("The mail server refused the message: see the site's log.")) from error


def wants_search_mail(*, user_id: int) -> User | None:
    """The user, when he asked to be told of long searches and has an address."""
    wants = NotificationSettings.objects.filter(user=user_id, search_finished=True)
    chosen = wants.exclude(user__email="").select_related("user").first()
    return chosen.user if chosen else None


def send(*, user: User, subject: str, text: str) -> bool:
    """Mail the user; a server that refuses is logged, not raised. Returns whether it was sent."""
    try:
        send_mail(subject, text, None, [user.email])
    except (smtplib.SMTPException, OSError) as error:
        logger.warning("“%s” could not be mailed: %s", subject, error)
        return False
    return True
