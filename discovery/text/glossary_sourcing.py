"""What the words of AutoSourcing mean, in English; the French is in the catalogue."""

from __future__ import annotations

from django.utils.translation import gettext_noop

# As in ``glossary_words``: title of the group -> code -> the word and its sentence. The codes of
# classes and of kinds of cost are ``class_`` and ``cost_`` before the value stored.
SOURCING_WORDS = {
    gettext_noop("AutoSourcing"): {
        "pick": (
            gettext_noop("Pick"),
            gettext_noop(
                "A product that one of your jobs has found, with the place where it is bought and "
                "what it costs there."
            ),
        ),
        "job": (
            gettext_noop("Job"),
            gettext_noop(
                "A search that runs by itself at the times you choose, and keeps what is worth "
                "buying."
            ),
        ),
        "class_stable": (
            gettext_noop("Stable"),
            gettext_noop(
                "Seen twice or more, hours apart, with price, ROI and offers that hardly moved: "
                "the surest of all."
            ),
        ),
        "class_revenant": (
            gettext_noop("Back again"),
            gettext_noop("It had been away for a day or more and can be bought again."),
        ),
        "class_fluke": (
            gettext_noop("First sighting"),
            gettext_noop("Seen once only: the next look tells whether it lasts."),
        ),
        "class_watch": (
            gettext_noop("To watch"),
            gettext_noop("Seen before, and its figures still move too much to be called stable."),
        ),
        "class_jackpot": (
            gettext_noop("Too good: to check"),
            gettext_noop(
                "A ROI so high that the data are probably wrong: check the product, the pack and "
                "the price first."
            ),
        ),
        "class_reject": (
            gettext_noop("Rejected"),
            gettext_noop("Amazon holds the sale, it would earn nothing, or it has no sales rank."),
        ),
        "cost_same_listing": (
            gettext_noop("Same listing"),
            gettext_noop(
                "Bought from the cheapest offer of the listing it is sold on, under your sell "
                "price."
            ),
        ),
        "cost_europe": (
            gettext_noop("Europe"),
            gettext_noop(
                "The same product bought on Amazon in another country, carriage and VAT of that "
                "country counted."
            ),
        ),
        "cost_dip": (
            gettext_noop("Price dip"),
            gettext_noop(
                "Amazon itself sells far under the usual price: bought now, sold later at the "
                "usual price."
            ),
        ),
        "cost_list": (
            gettext_noop("Supplier's list"),
            gettext_noop("The price that one of your lists states for it."),
        ),
        "cost_stated": (
            gettext_noop("Your price"),
            gettext_noop("The price you said you pay for it."),
        ),
    },
}
