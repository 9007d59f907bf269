"""Jobs and what their runs found, in words, so that templates are given the objects themselves."""

from __future__ import annotations

from django import template

from discovery.models import RunLine
from discovery.sourcing import evidence_text, job_text

register = template.Library()

register.filter("source_text", job_text.source_text)
register.filter("schedule_text", job_text.schedule_text)
register.filter("pause_text", job_text.pause_text)
register.filter("alert_text", job_text.alert_text)
register.filter("totals_text", job_text.totals_text)
register.filter("forecast_text", job_text.forecast_text)
register.filter("criteria_words", job_text.criteria_words)


@register.filter
def source_icon(source: str) -> str:
    """The icon of a source of candidates."""
    return job_text.SOURCE_ICONS.get(job_text.Source(source), "radar")


@register.filter
def place(line: RunLine) -> str:
    """Where the product of a line is bought; empty when no real cost was found."""
    return evidence_text.place_label(evidence_text.place_code(line.evidence))


@register.filter
def place_details(line: RunLine) -> str:
    """At which price, how sure, seen when."""
    return evidence_text.place_details(line.evidence)


@register.simple_tag
def place_url(line: RunLine, marketplace: str) -> str:
    """The listing on which the product of a line is bought; empty where it is none."""
    return evidence_text.place_url(line.evidence, marketplace=marketplace, asin=line.asin)
