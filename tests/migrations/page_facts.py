"""What a page says, without how it says it: the cells of its tables and the sums beside them."""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any

VOID = {"area", "br", "col", "hr", "img", "input", "link", "meta", "source", "wbr"}
LISTS = {"plain-list", "decision-log"}
ASIDE = {"why-row", "chart", "term"}  # explanations of a row or of a word, and drawings

Facts = dict[str, Any]


@dataclass(slots=True)
class Element:
    tag: str
    attributes: dict[str, str]
    children: list[Element | str] = field(default_factory=list)

    @property
    def classes(self) -> set[str]:
        return set(self.attributes.get("class", "").split())

    @property
    def text(self) -> str:
        said = self.children
        if "pick" in self.classes:  # a box to tick names its product: no fact of the row
            said = [
                part
                for part in said
                if isinstance(part, str) or "visually-hidden" not in part.classes
            ]
        parts = (
            each if isinstance(each, str) else each.text
            for each in said
            if isinstance(each, str) or "term" not in each.classes
        )
        return " ".join(" ".join(parts).split())

    def all(self, *tags: str) -> list[Element]:
        """The elements of these tags below this one, in the order of the page."""
        found: list[Element] = []
        for child in self.children:
            if isinstance(child, Element) and not child.classes & ASIDE:
                found += [child] if child.tag in tags else []
                found += child.all(*tags)
        return found


class _Builder(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.open = [Element("", {})]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        element = Element(tag, {name: value or "" for name, value in attrs})
        self.open[-1].children.append(element)
        if tag not in VOID:
            self.open.append(element)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.open[-1].children.append(Element(tag, {name: value or "" for name, value in attrs}))

    def handle_endtag(self, tag: str) -> None:
        if tag in {each.tag for each in self.open[1:]}:
            while self.open.pop().tag != tag:
                pass

    def handle_data(self, data: str) -> None:
        self.open[-1].children.append(data)


def facts_of(html: str) -> Facts:
    """The title, the table rows, the labelled figures, the notices and the token sums of a page.

    A row is a mapping from its columns' labels to the cells' texts; its name stands under ``""``,
    the address it leads to under ``"href"``, without the cost and the profile it asks for.
    """
    builder = _Builder()
    builder.feed(html)
    (page,) = builder.open[0].all("main")
    return {
        "title": [heading.text for heading in page.all("h1")],
        "rows": [row for table in page.all("table") for row in _rows(table)],
        "figures": [
            [term.text, value.text]
            for group in page.all("dl")
            for term, value in zip(group.all("dt"), group.all("dd"), strict=False)
        ],
        "notices": [
            [each.text for each in notice.all("p")]
            for notice in page.all("div")
            if "banner" in notice.classes
        ],
        "tokens": [
            [name, each.attributes[name]]
            for each in page.all("span")
            for name in ("data-spent", "data-saved")
            if name in each.attributes
        ],
        "items": [
            item.text
            for group in page.all("ul")
            if group.classes & LISTS
            for item in group.all("li")
        ],
    }


def _rows(table: Element) -> list[dict[str, str]]:
    heads = [head.text for group in table.all("thead") for head in group.all("th")]
    rows = []
    for body in table.all("tbody"):
        for line in body.all("tr"):
            cells = [each for each in line.children if isinstance(each, Element)]
            if len(cells) > 1:
                rows.append(_row(cells, heads))
    return rows


def _row(cells: list[Element], heads: list[str]) -> dict[str, str]:
    row: dict[str, str] = {}
    for place, cell in enumerate(cells):
        if cell.tag == "th":
            links = cell.all("a")
            row[""] = links[0].text if links else cell.text
            address = links[0].attributes["href"] if links else ""
            row["href"] = address.partition("?cost=")[0].partition("?profile=")[0]
        elif label := cell.attributes.get("data-label") or (heads[place : place + 1] or [""])[0]:
            row[label] = cell.text
    return row


def missing(expected: Facts, found: Facts) -> list[str]:
    """What ``expected`` says and ``found`` does not; new columns and figures do no harm."""
    wrong = [f"title {found['title']}"] if expected["title"] != found["title"] else []
    if len(expected["rows"]) != len(found["rows"]):
        wrong.append(f"{len(found['rows'])} rows instead of {len(expected['rows'])}")
    for before, after in zip(expected["rows"], found["rows"], strict=False):
        wrong += [
            f"{before['']}: {label} is {after.get(label)!r}, was {cell!r}"
            for label, cell in before.items()
            if after.get(label) != cell
        ]
    for kind in ("figures", "notices", "tokens", "items"):
        wrong += [f"{kind}: no {each}" for each in expected[kind] if each not in found[kind]]
    return wrong
