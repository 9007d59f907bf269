"""E-mail to users who asked for it: a long search has ended, the cache saves too little."""

from __future__ import annotations

from django.contrib.auth.models import AbstractBaseUser, User
from django.utils.translation import gettext as _

from discovery.accounts.mail import mail_is_sent, send
from discovery.models import NotificationSettings


class MailProblem(Exception):
    """The message could not be sent; its text says why."""

    code = "mail_problem"


def settings_of(*, user: AbstractBaseUser) -> NotificationSettings:
    """The user's choices; an unsaved row with nothing chosen when there is none."""
    found = NotificationSettings.objects.filter(user=user.pk).first()
    return found or NotificationSettings(user_id=user.pk)


def choose(*, user: AbstractBaseUser, search_finished: bool, cache_alert: bool) -> None:
    """Store which notifications the user wants."""
    NotificationSettings.objects.update_or_create(
        user_id=user.pk,
        defaults={"search_finished": search_finished, "cache_alert": cache_alert},
    )


def alert_addresses() -> list[str]:
    """E-mail addresses of the administrators who chose to hear that the cache saves too little."""
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
    if not mail_is_sent():
        raise MailProblem(_("No mail server is set (EMAIL_URL): nothing can be sent."))
    subject = _("ArbitrageVault: a test")
    text = _("Your notifications arrive. You can turn them off on the page Configuration.")
    if not send(addresses=[user.email], subject=subject, text=text):
        raise MailProblem(_("The mail server refused the message: see the site's log."))


def wants_search_mail(*, user_id: int) -> User | None:
    """The user, if they want mail about long searches and have an address."""
    wants = NotificationSettings.objects.filter(user=user_id, search_finished=True)
    chosen = wants.exclude(user__email="").select_related("user").first()
    return chosen.user if chosen else None
