"""Why a sourcing link is refused, in words."""

from __future__ import annotations

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from discovery.products.sourcing_links import (
    LONGEST_NAME,
    LONGEST_PATTERN,
    MOST_LINKS,
    LinkProblem,
)

PROBLEMS = {
    "no_name": gettext_noop("Give the link a name."),
    "long_name": gettext_noop("A name has at most %(name)d characters."),
    "long_pattern": gettext_noop("An address has at most %(pattern)d characters."),
    "not_https": gettext_noop("The address must start with https:// and hold no space."),
    "no_host": gettext_noop("This is not the address of a site: https://www.example.com/…"),
    "placeholder_in_host": gettext_noop(
        "The name of the site is fixed: only {tld} may stand in it."
    ),
    "no_placeholder": gettext_noop(
        "Without {ean}, {title} or {asin} the link would be the same for every product."
    ),
    "unknown_placeholder": gettext_noop("Only {ean}, {title}, {asin} and {tld} are filled in."),
    "too_many": gettext_noop("Keep at most %(links)d links."),
}


def problem_text(problem: LinkProblem) -> str:
    """The sentence of a refusal."""
    bounds = {"name": LONGEST_NAME, "pattern": LONGEST_PATTERN, "links": MOST_LINKS}
    return _(PROBLEMS[problem.code]) % bounds
