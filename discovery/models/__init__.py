"""The tables of discovery, one subject a module."""

from discovery.models.access import ApiToken
from discovery.models.cache import DiscoveryCacheEntry, DiscoveryLease, ScoringCacheEntry
from discovery.models.catalogue import KeepaProduct, ProductCode
from discovery.models.categories import KeepaCategory
from discovery.models.decisions import Favourite, LiveCheck, ProductDecision
from discovery.models.lists import ListLine, ProductList
from discovery.models.niches import Niche, SearchResult, SearchRun
from discovery.models.notifications import NotificationSettings
from discovery.models.profiles import BusinessProfile, BusinessProfileRevision
from discovery.models.tokens import TokenBucket, TokenLedgerEntry, TokenReservation

__all__ = [
    "ApiToken",
    "BusinessProfile",
    "BusinessProfileRevision",
    "DiscoveryCacheEntry",
    "DiscoveryLease",
    "Favourite",
    "KeepaCategory",
    "KeepaProduct",
    "ListLine",
    "LiveCheck",
    "Niche",
    "NotificationSettings",
    "ProductCode",
    "ProductDecision",
    "ProductList",
    "ScoringCacheEntry",
    "SearchResult",
    "SearchRun",
    "TokenBucket",
    "TokenLedgerEntry",
    "TokenReservation",
]
