"""The profile that an address or a form names; one that is not there is never replaced unsaid."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, QueryDict
from django.utils.translation import gettext as _

from discovery.accounts.members import signed_in
from discovery.profiles.service import ActiveProfile, UnknownProfile, active_profile

LONGEST_SHOWN = 60  # characters of a name that is no profile's


def chosen_profile(request: HttpRequest, data: QueryDict) -> ActiveProfile:
    """The profile named in ``data``, else the user's own choice, else the site's.

    Where the named one does not exist or is not open to the user any more, a warning says which
    one is used instead.
    """
    user = signed_in(request)
    slug = data.get("profile", "")
    try:
        return active_profile(slug=slug or None, user=user)
    except UnknownProfile:
        instead = active_profile(user=user)
    messages.warning(
        request,
        _("There is no profile “%(slug)s” for you any more: “%(name)s” is used instead.")
        % {"slug": slug[:LONGEST_SHOWN], "name": instead.name},
    )
    return instead
