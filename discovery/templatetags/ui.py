"""What templates need beyond Django: icons, numbers by language, the parts of every page."""

from __future__ import annotations

import re
from functools import cache, lru_cache
from importlib.resources import files
from io import BytesIO
from typing import Any
from xml.etree import ElementTree
from zipfile import ZipFile

from django import template
from django.conf import settings
from django.http import QueryDict
from django.template import Context
from django.template.base import Node, Parser, TextNode, Token
from django.template.library import SimpleNode
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

from discovery.keepa import balance
from discovery.scoring import ShownVerdict
from discovery.text import formats, labels

register = template.Library()

for name in ("number", "percent", "tokens", "duration", "age", "wait", "when", "size", "money"):
    register.filter(name, getattr(formats, name))

# What every icon repeats; said once, in base.css (.icon).
PRESENTATION = re.compile(
    r'\s(?:fill="none"|stroke="currentColor"|stroke-(?:width|linecap|linejoin)="\w+")'
)
SVG = "{http://www.w3.org/2000/svg}"


register.filter("currency_symbol", formats.symbol)


@cache
def _drawings() -> ZipFile:
    """The icons of the package, whose own tag reads the table of all of them for each one.

    Held in memory: processes that part share a file's position.
    """
    return ZipFile(BytesIO(files("lucide").joinpath("lucide.zip").read_bytes()))


@lru_cache(maxsize=512)
def icon(name: str, size: int = 16) -> SafeString:
    """A decorative icon; the words beside it carry the meaning."""
    # B314: the icon package alone writes these.
    svg = ElementTree.fromstring(_drawings().read(f"{name}.svg"))  # noqa: S314 # nosec B314
    for node in svg.iter():
        node.tag = node.tag.removeprefix(SVG)
    svg.attrib |= {"width": str(size), "height": str(size), "class": "icon", "aria-hidden": "true"}
    drawn = " ".join(ElementTree.tostring(svg, encoding="unicode").split())
    shape = PRESENTATION.sub("", drawn).replace("> <", "><").replace(" />", "/>")
    return mark_safe(shape)  # noqa: S308 # nosec B308 B703 # made from the icon package alone


@register.tag("icon")
def icon_tag(parser: Parser, token: Token) -> Node:
    """``{% icon name size %}``: drawn once, when the template is read, if both are literals."""
    arguments = [parser.compile_filter(bit) for bit in token.split_contents()[1:]]
    if any(argument.is_var and argument.var.lookups for argument in arguments):
        return SimpleNode(icon, takes_context=False, args=arguments, kwargs={}, target_var=None)
    return TextNode(icon(*(argument.resolve(Context()) for argument in arguments)))


@register.simple_tag
def verdict(value: str, text: str = "") -> SafeString:
    """A verdict badge: an icon and a word (or a longer ``text``), then a colour."""
    badge = ShownVerdict(value)
    return format_html(
        '<span class="verdict {}">{}{}</span>',
        badge.value.lower(),
        icon(labels.VERDICT_ICONS[badge], 14),
        text or labels.verdict_label(badge),
    )


@register.simple_tag
def tip(name: str, text: str, tone: str = "", label: str = "") -> SafeString:
    """An icon that says the ``text`` where a pointer rests, and to who cannot see it.

    ``label`` names it in a word before the text.
    """
    said = f"{label}{formats.NBSP}: {text}" if label else str(text)
    return format_html(
        '<span class="mark {}" title="{}">{}<span class="visually-hidden">{}</span></span>',
        tone, said, icon(name, 14), said,
    )  # fmt: skip


@register.simple_tag
def token_gauge() -> balance.Balance | None:
    """The shared Keepa budget, read from our own database."""
    return balance.token_balance(now=timezone.now())


@register.simple_tag
def refill_wait(count: int) -> str:
    """How long the shared balance takes to reach so many tokens; empty when it already has."""
    known = balance.token_balance(now=timezone.now())
    wait = known.wait_for(count) if known else None
    return formats.age(wait) if wait else ""


@register.simple_tag
def is_demonstration() -> bool:
    """Whether the site shows made-up products instead of Keepa's."""
    return bool(settings.KEEPA_SANDBOX)


@register.simple_tag(takes_context=True)
def query(context: dict[str, Any], **changes: object) -> str:
    """The page's query string with some parts replaced, or removed when None."""
    parameters: QueryDict = context["request"].GET.copy()
    for name, value in changes.items():
        if value is None:
            parameters.pop(name, None)
        else:
            parameters[name] = str(value)
    return f"?{parameters.urlencode()}"


@register.simple_tag(takes_context=True)
def page_query(context: dict[str, Any], name: str, number: int) -> str:
    """``query`` for one of several paged parts of a page, whose number has a name of its own."""
    return query(context, **{name: number})
