"""The "?" beside a word of the trade: one sentence, opened by pointer, finger or keyboard."""

from __future__ import annotations

from django import template
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from discovery.text.glossary import TERMS, code_of_label, code_of_setting, terms_of_columns

register = template.Library()


@register.simple_tag
def term(code: str, place: str = "") -> SafeString:
    """A small button that opens the term's sentence; no script is needed.

    ``place`` tells apart two of the same term on one page: their ids must differ.
    """
    entry = TERMS[code]
    return format_html(
        '<span class="term"><button type="button" popovertarget="{id}" aria-label="{asked}">?'
        '</button><span class="term-text" id="{id}" popover role="note"><b>{name}</b> {sentence} '
        '<a href="{address}#{code}">{more}</a></span></span>',
        id=f"term-{code}-{place}" if place else f"term-{code}",
        asked=_("What does “%(term)s” mean?") % {"term": entry.name},
        name=entry.name,
        sentence=entry.sentence,
        address=reverse("discovery:glossary"),
        code=entry.code,
        more=_("Glossary"),
    )


@register.filter
def explained(label: str, place: str) -> SafeString | str:
    """The "?" of the word in a label that needs one; nothing for any other label."""
    code = code_of_label(label)
    return term(code, place) if code else ""


register.filter("setting_term", code_of_setting)
register.filter("column_terms", terms_of_columns)
