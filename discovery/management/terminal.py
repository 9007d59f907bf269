"""What the search commands share: the reader's language, failures as exit codes, tables, progress.

Results go to standard output, everything else to standard error.
"""

from __future__ import annotations

import csv
import json
import os
import sys
from collections.abc import Mapping
from typing import Any, NoReturn

from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop, ngettext
from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from discovery.keepa.marketplaces import MARKETPLACES
from discovery.products.columns import COLUMNS
from discovery.scoring import ShownVerdict, Verdict
from discovery.search.failures import EXPECTED, Blame, Failure, failure_of
from discovery.search.request_fields import DEFAULT_MARKETPLACE
from discovery.search.results import Progress
from discovery.text import conditions, formats
from discovery.text.cells import without_formula

EXIT_BAD_INPUT, EXIT_NO_TOKENS, EXIT_KEEPA = 2, 3, 4
EXIT_OF = {
    Blame.QUESTION: EXIT_BAD_INPUT,
    Blame.TOKENS: EXIT_NO_TOKENS,
    Blame.KEEPA_DOWN: EXIT_KEEPA,
    Blame.KEEPA_ANSWER: EXIT_KEEPA,
}
EXIT_HELP = "Exit codes: 0 done, 2 the question is refused, 3 not enough tokens, 4 Keepa failed."

# A pipe has no width; this shows every column.
UNBOUNDED_WIDTH = 200
VERDICT_STYLES = {
    ShownVerdict.STRONG_BUY: "bold green",
    ShownVerdict.BUY: "green",
    ShownVerdict.SOURCING: "magenta",
    ShownVerdict.CONSIDER: "yellow",
    ShownVerdict.SKIP: "dim",
}
# Where the cost is unknown, what is earned at the maximum cost stands for these.
AT_MAX_COST = {"profit": "profit_at_max_cost", "roi_percent": "roi_at_max_cost"}
# The columns of the two tables: names of the registry, and what only an answer holds.
IN_FILE = (
    "asin", "title", "verdict", "sell_price", "max_cost", "landed_cost", "cost_basis",
    "hypothetical", "roi_percent", "profit", "margin_percent", "fees", "break_even",
    "velocity_score", "monthly_sales", "monthly_sales_kind", "days_to_sell", "confidence", "bsr",
    "bsr_avg90", "new_offers", "fba_offers", "currency", "cost_vat",
)  # fmt: skip
CSV_COLUMNS = (
    *(COLUMNS[name].api for name in IN_FILE),
    "marketplace", "fetched_at", "scored_at", "buy_forbidden_by", "sourcing",
    "profit_at_max_cost", "roi_at_max_cost", "buy_box_known",
)  # fmt: skip
ON_SCREEN = ("verdict", "asin", "title", "sell_price", "max_cost", "profit", "roi_percent")
ON_WIDE_SCREEN = (*ON_SCREEN, "velocity_score", "monthly_sales", "bsr", "confidence")


class SearchCommand(BaseCommand):
    """A command that asks the search services, in the language of whoever typed it."""

    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the option every such command has."""
        parser.epilog = EXIT_HELP
        parser.add_argument(
            "--language",
            choices=[code for code, _name in settings.LANGUAGES],
            help="Language of the texts; by default the terminal's, else the site's.",
        )

    def add_scoring_arguments(self, parser: CommandParser) -> None:
        """Declare the options every command that scores has."""
        parser.add_argument(
            "--marketplace", default=DEFAULT_MARKETPLACE, help=f"one of {', '.join(MARKETPLACES)}"
        )
        parser.add_argument("--profile", metavar="SLUG", help="business profile to score with")
        parser.add_argument(
            "--no-detail", dest="detail", action="store_false",
            help="skip the Buy Box stage, which costs 3 tokens a product that passes so far",
        )  # fmt: skip
        output = parser.add_mutually_exclusive_group()
        output.add_argument("--json", action="store_true", help="print what the API answers")
        output.add_argument("--csv", action="store_true")

    def handle(self, *args: Any, **options: Any) -> None:
        """Run the command in the reader's language; a failure ends it with an exit code."""
        with translation.override(options["language"] or terminal_language()):
            try:
                self.run(options)
            except EXPECTED as error:
                self.fail(failure_of(error))

    def run(self, options: Mapping[str, Any]) -> None:
        """Do it. Raises one of the ``EXPECTED`` failures."""
        raise NotImplementedError

    def fail(self, failure: Failure) -> NoReturn:
        """Say what happened and when to try again, and end with its exit code."""
        self.say(failure.message)
        for line in dict.fromkeys(
            f"  {option_of(name)}: {sentence}"
            for name, sentences in failure.errors.items()
            for sentence in sentences
        ):
            self.say(line)
        if failure.retry_after is not None:
            self.say(_("Try again in %(wait)s.") % {"wait": formats.wait(failure.retry_after)})
        if failure.tokens_spent:
            tokens = formats.tokens(failure.tokens_spent)
            self.say(_("Spent anyway: %(tokens)s.") % {"tokens": tokens})
        sys.exit(EXIT_OF[failure.blame])

    def say(self, text: str) -> None:
        """Print a line on standard error."""
        self.stderr.write(text, style_func=str)

    def show_progress(self, progress: Progress) -> None:
        """One line a step; on a terminal it is written over by the next."""
        parts = [
            _(STAGES.get(progress.stage, progress.stage)),
            _("%(scored)s of %(wanted)s products scored")
            % {
                "scored": formats.number(progress.scored),
                "wanted": formats.number(progress.wanted),
            },
            formats.spent(progress.tokens_spent),
        ]
        line = " · ".join(parts)
        if self.stderr.isatty():
            self.stderr.write(f"\r\x1b[2K{line}", style_func=str, ending="")
            if progress.stage == "done":
                self.stderr.write("\r\x1b[2K", style_func=str, ending="")
        elif progress.stage != "scored":  # the next line tells as much
            self.say(line)

    def print_answer(self, answer: Mapping[str, Any], options: Mapping[str, Any]) -> None:
        """On standard output, as asked: the API's JSON, CSV, or a table."""
        if options["json"]:
            self.stdout.write(json.dumps(answer, ensure_ascii=False, indent=2))
        elif options["csv"]:
            self._print_csv(answer)
        else:
            self._print_table(answer)

    def _print_csv(self, answer: Mapping[str, Any]) -> None:
        writer = csv.DictWriter(
            _Lines(self.stdout), CSV_COLUMNS, extrasaction="ignore", lineterminator="\n"
        )
        writer.writeheader()
        for product in answer["products"]:
            codes = " ".join(reason["code"] for reason in product["buy_forbidden_by"])
            row = product | {"buy_forbidden_by": codes}
            writer.writerow({name: without_formula(row.get(name)) for name in CSV_COLUMNS})

    def _print_table(self, answer: Mapping[str, Any]) -> None:
        console = Console(
            file=self.stdout,  # type: ignore[arg-type]
            width=None if self.stdout.isatty() else UNBOUNDED_WIDTH,
        )
        if answer["products"]:
            console.print(_table(answer["products"], console.width))
        else:
            console.print(Text(_("No product matches.")))
        for line in _account(answer):
            console.print(Text(line))


class _Lines:
    """Django's output wrapper ends what it writes with a newline; csv has written its own."""

    def __init__(self, output: Any) -> None:
        self._output = output

    def write(self, text: str) -> None:
        self._output.write(text, ending="")


STAGES = {
    "cached": gettext_noop("Cache read"),
    "statistics": gettext_noop("Asking Keepa for statistics"),
    "buy_box": gettext_noop("Asking Keepa for Buy Boxes"),
    "scored": gettext_noop("Scored"),
    "done": gettext_noop("Done"),
}


def option_of(field: str) -> str:
    """The option a field of the question was given with: ``bsr_range`` is ``--bsr``."""
    name = field.partition(".")[0]
    named = {"categories": "--category", "max_results": "--max", "asins": "ASIN", "costs": "--cost"}
    return named.get(name) or "--" + name.removesuffix("_range").replace("_", "-")


def terminal_language() -> str:
    """The site's language among those the terminal's locale names, else the site's default."""
    offered = {code for code, _name in settings.LANGUAGES}
    for variable in ("LC_ALL", "LC_MESSAGES", "LANG"):
        code = os.environ.get(variable, "")[:2].lower()
        if code in offered:
            return code
    return settings.LANGUAGE_CODE


def _table(products: list[dict[str, Any]], width: int) -> Table:
    names: tuple[str, ...] = ON_WIDE_SCREEN if width >= 130 else ON_SCREEN
    if any(product["buy_forbidden_by"] for product in products):
        after = names.index("max_cost") + 1
        names = (*names[:after], "buy_forbidden_by", *names[after:])
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    table.add_column("#", justify="right", no_wrap=True)
    for name in names:
        heading = str(COLUMNS[name].in_terminal or COLUMNS[name].heading)
        if name == "title":
            table.add_column(heading, no_wrap=True, overflow="ellipsis", ratio=1)
        elif name == "buy_forbidden_by":
            table.add_column(heading)
        else:
            is_text = name in {"verdict", "asin"}
            table.add_column(heading, justify="left" if is_text else "right", no_wrap=True)
    for position, product in enumerate(products, start=1):
        table.add_row(Text(str(position)), *(_cell(name, product) for name in names))
    return table


def _cell(name: str, product: dict[str, Any]) -> Text:
    """Text, never markup: a title may hold anything, brackets and HTML included."""
    if name == "buy_forbidden_by":
        return Text(conditions.joined([reason["text"] for reason in product[name]]))
    column, currency = COLUMNS[name], product["currency"]
    if name == "verdict":
        verdict = Verdict(product[column.api])
        badge = ShownVerdict.of(verdict, sourcing=product["sourcing"])
        return Text(column.shown(badge, currency), style=VERDICT_STYLES[badge])
    value = product[column.api]
    if name in AT_MAX_COST and product["roi_is_hypothetical"]:
        value = product[AT_MAX_COST[name]] if product["sourcing"] else None
    shown = column.shown(value, currency)
    is_searched = name == "max_cost" and product["sourcing"]
    return Text(f"≤ {shown}" if is_searched else shown)


def _account(answer: Mapping[str, Any]) -> list[str]:
    """Where the answer came from and what it cost, in a few lines."""
    metadata = answer["metadata"]
    lines = []
    if sourcing := sum(product["sourcing"] for product in answer["products"]):
        text = ngettext(
            "%(count)s product to source: profit and ROI are those of the price to look for (≤).",
            "%(count)s products to source: profit and ROI are those of the price to look for (≤).",
            sourcing,
        )
        lines.append(text % {"count": formats.number(sourcing)})
    lines.append(
        _("%(shown)s of %(total)s products · cache: %(cache)s · %(spent)s spent, %(saved)s saved")
        % {
            "shown": formats.number(len(answer["products"])),
            "total": formats.number(answer["total_count"]),
            "cache": metadata["cache"],
            "spent": formats.tokens(metadata["tokens_spent"]),
            "saved": formats.number(metadata["tokens_saved"]),
        }
        + f" · {formats.duration(metadata['execution_time_ms'])}"
    )
    if (problem := metadata["problem"]) is not None:
        stale = _("These results are old: ") if metadata["stale"] else _("This list is partial: ")
        lines.append(stale + problem["detail"])
        if problem["retry_after"] is not None:
            lines.append(
                _("Try again in %(wait)s.") % {"wait": formats.wait(problem["retry_after"])}
            )
    lines += [_ambiguous(code) for code in metadata.get("codes", ()) if code["ambiguous"]]
    for name, sentence in (
        ("unusable", _("Without data at Keepa: %(asins)s")),
        ("undecodable", _("Could not be read: %(asins)s")),
    ):
        if metadata[name]:
            lines.append(sentence % {"asins": ", ".join(metadata[name])})
    return lines


def _ambiguous(code: Mapping[str, Any]) -> str:
    """The products a code may stand for, the one that was scored first."""
    products = [
        f"{candidate['asin']} ({_lot(candidate)}{candidate['title'][:60]})"
        for candidate in code["candidates"]
        if candidate["is_alive"]
    ]
    sentence = _("%(code)s stands for several products, the first was scored: %(products)s")
    return sentence % {"code": code["given"], "products": " · ".join(products)}


def _lot(candidate: Mapping[str, Any]) -> str:
    size = candidate["pack_size"] or 1
    return _("lot of %(units)s, ") % {"units": formats.number(size)} if size > 1 else ""
