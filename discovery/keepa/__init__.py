"""Everything that speaks Keepa, and nothing else. This is its public face."""

from discovery.keepa.answers import CategoryAnswer, CategoryNode, FinderAnswer, ProductAnswer
from discovery.keepa.balance import Balance, TokenReceipt
from discovery.keepa.budget import TokenBudget
from discovery.keepa.client import KeepaClient, get_client, using_client
from discovery.keepa.errors import (
    BadRequest,
    FieldProblem,
    GarbledAnswer,
    InvalidFilters,
    InvalidKey,
    InvalidQuestion,
    KeepaError,
    KeepaRefused,
    KeepaRejected,
    KeepaTimeout,
    KeepaUnavailable,
    NotFound,
    ParameterOutOfRange,
    TokensExhausted,
    UnknownCategory,
    UnknownMarketplace,
)
from discovery.keepa.finder import NicheFilters, contains, finder_values, matches, sort_key
from discovery.keepa.marketplaces import MARKETPLACES, Marketplace, marketplace_of
from discovery.keepa.product import (
    BuyBox,
    CategoryRef,
    DeliveredFees,
    Dimensions,
    LiveOffer,
    ProductSnapshot,
    Series,
)

__all__ = [
    "MARKETPLACES",
    "BadRequest",
    "Balance",
    "BuyBox",
    "CategoryAnswer",
    "CategoryNode",
    "CategoryRef",
    "DeliveredFees",
    "Dimensions",
    "FieldProblem",
    "FinderAnswer",
    "GarbledAnswer",
    "InvalidFilters",
    "InvalidKey",
    "InvalidQuestion",
    "KeepaClient",
    "KeepaError",
    "KeepaRefused",
    "KeepaRejected",
    "KeepaTimeout",
    "KeepaUnavailable",
    "LiveOffer",
    "Marketplace",
    "NicheFilters",
    "NotFound",
    "ParameterOutOfRange",
    "ProductAnswer",
    "ProductSnapshot",
    "Series",
    "TokenBudget",
    "TokenReceipt",
    "TokensExhausted",
    "UnknownCategory",
    "UnknownMarketplace",
    "contains",
    "finder_values",
    "get_client",
    "marketplace_of",
    "matches",
    "sort_key",
    "using_client",
]
