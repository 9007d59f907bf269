"""Everything that speaks Keepa, and nothing else: the client, what it is asked and answers.

The errors stand in ``errors``, the parts of a product in ``product``, prices in ``costs``.
"""

from discovery.keepa.answers import ProductAnswer
from discovery.keepa.balance import Balance
from discovery.keepa.client import KeepaClient, get_client, using_client
from discovery.keepa.errors import KeepaError, TokensExhausted, UnknownCategory
from discovery.keepa.finder import NicheFilters, finder_values

__all__ = [
    "Balance",
    "KeepaClient",
    "KeepaError",
    "NicheFilters",
    "ProductAnswer",
    "TokensExhausted",
    "UnknownCategory",
    "finder_values",
    "get_client",
    "using_client",
]
