"""Score named products from the terminal, with what they would cost if known."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.core.management.base import CommandParser
from django.utils import timezone

from discovery.management.terminal import SearchCommand
from discovery.profiles.service import active_profile
from discovery.scoring import Grade
from discovery.search import discover
from discovery.search.as_json import search_answer
from discovery.search.request import read_list
from discovery.search.request_fields import MOST_ASINS
from discovery.search.results import Asker


class Command(SearchCommand):
    """Score named products."""

    help = "Score products: ASIN, ISBN, EAN or UPC."

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the identifiers and the price paid."""
        super().add_arguments(parser)
        self.add_scoring_arguments(parser)
        parser.add_argument(
            "asins", nargs="+", metavar="ASIN", help=f"at most {MOST_ASINS} at a time"
        )
        parser.add_argument(
            "--cost", metavar="PRICE", help="price paid for each, in the marketplace's currency"
        )
        parser.add_argument(
            "--cost-vat",
            metavar="BASIS",
            help="incl or excl: whether that price holds VAT; by default as the profile says",
        )
        parser.add_argument(
            "--grade",
            help=f"how good your used copies are: {', '.join(Grade)}; by default as the profile "
            "says, else the lowest",
        )

    def run(self, options: Mapping[str, Any]) -> None:
        """Score and print."""
        names = ("asins", "marketplace", "profile", "detail", "cost_vat", "grade")
        data = {name: options[name] for name in names}
        if options["cost"] is not None:
            data["costs"] = dict.fromkeys(options["asins"], options["cost"])
        asked = read_list(data)
        scored = discover.score_asins(
            identifiers=asked["asins"],
            marketplace=asked["marketplace"],
            profile=active_profile(slug=asked["profile"]),
            asker=Asker(source="manual", on_progress=self.show_progress),
            costs=asked["costs"],
            cost_vat=asked["cost_vat"],
            grade=asked["grade"],
            detail=asked["detail"],
        )
        self.print_answer(search_answer(scored, now=timezone.now()), options)
