"""Search a niche from the terminal: the same services, cache and accounts as the website."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.core.management.base import CommandParser
from django.utils import timezone

from discovery.keepa.finder_fields import FLAGS, RANGES, SORTS
from discovery.management.terminal import SearchCommand
from discovery.profiles.service import active_profile
from discovery.search import discover
from discovery.search.as_json import search_answer
from discovery.search.request import MOST_RESULTS, read_niche
from discovery.search.request_fields import DEFAULT_RESULTS, filter_fields
from discovery.search.results import Asker

OWN_RANGES = ("bsr", "price")  # declared by hand, first
PAIR = ("LOW", "HIGH")


class Command(SearchCommand):
    """Search a niche."""

    help = "Find the products of a niche, score them, and show the best first."

    # Values stay text here: what is wrong with them is said in the reader's language.
    def add_arguments(self, parser: CommandParser) -> None:
        """Declare an option for each condition of a niche."""
        super().add_arguments(parser)
        self.add_scoring_arguments(parser)
        parser.add_argument(
            "--category", action="append", dest="categories", metavar="NAME",
            help="category name or Keepa id; may be given several times",
        )  # fmt: skip
        parser.add_argument(
            "--bsr", nargs=2, metavar=PAIR, dest="bsr_range", help="sales rank, both included"
        )
        parser.add_argument(
            "--price", nargs=2, metavar=PAIR, dest="price_range",
            help="in the marketplace's currency",
        )  # fmt: skip
        parser.add_argument(
            "--max", dest="max_results", default=DEFAULT_RESULTS, metavar="N",
            help=f"products to score, at most {MOST_RESULTS} (default {DEFAULT_RESULTS})",
        )  # fmt: skip
        parser.add_argument("--max-fba-sellers", dest="fba_offers_max", metavar="N")
        parser.add_argument("--min-monthly-sales", dest="monthly_sold_min", metavar="N")
        parser.add_argument(
            "--spread", action="store_true", help="score an even choice over the whole answer"
        )
        parser.add_argument("--sort", help=f"Keepa's order: one of {', '.join(SORTS)}")
        parser.add_argument("--brand", action="append", metavar="NAME")
        parser.add_argument("--title", metavar="WORDS")
        for condition in RANGES:
            if condition.name not in OWN_RANGES:
                option = f"--{condition.name.replace('_', '-')}"
                parser.add_argument(
                    option, nargs=2, metavar=PAIR, dest=f"{condition.name}_range",
                    help=f"Keepa's {condition.field}",
                )  # fmt: skip
        for flag in FLAGS:
            parser.add_argument(f"--{flag.name.replace('_', '-')}", action="store_true")

    def run(self, options: Mapping[str, Any]) -> None:
        """Search, score and print."""
        # Options bear the names of the question's fields; what was not given is None.
        names = {*filter_fields(), "max_results", "profile", "detail", "spread"}
        asked = {name: options[name] for name in names if options.get(name) is not None}
        question = read_niche(asked, scoring=True)
        scored = discover.discover_with_scoring(
            filters=question.filters,
            profile=active_profile(slug=question.profile),
            max_results=question.max_results,
            asker=Asker(source="manual", on_progress=self.show_progress),
            detail=question.detail,
            spread=question.spread,
        )
        self.print_answer(search_answer(scored, now=timezone.now()), options)
