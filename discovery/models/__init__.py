"""The tables of discovery, one subject a module."""

from discovery.models.access import (
    AccessEnd,
    ApiRate,
    ApiToken,
    FailedAttempt,
    IdempotentCall,
    Scope,
)
from discovery.models.alerts import Alert, AlertChannel, AlertDelivery, AlertSettings
from discovery.models.cache import DiscoveryCacheEntry, DiscoveryLease, ScoringCacheEntry
from discovery.models.catalogue import CodeChoice, KeepaProduct, ProductCode
from discovery.models.categories import KeepaCategory
from discovery.models.costs import ProductCost
from discovery.models.decisions import Favourite, LiveCheck, ProductDecision
from discovery.models.filters import SavedFilter
from discovery.models.lists import ListSource
from discovery.models.niches import Niche
from discovery.models.notifications import NotificationSettings
from discovery.models.preferences import Preferences
from discovery.models.profiles import BusinessProfile, BusinessProfileRevision
from discovery.models.purchases import Purchase, PurchaseFile, Sale
from discovery.models.queue import QueueWorker
from discovery.models.runs import Run, RunLine
from discovery.models.sourcing import (
    CostKind,
    Pick,
    PickClass,
    PlannerTick,
    Sighting,
    SourcingJob,
    SourcingSwitch,
    Storefront,
)
from discovery.models.tokens import TokenBucket, TokenLedgerEntry, TokenReservation
from discovery.models.vat import CostVat

__all__ = [
    "AccessEnd",
    "Alert",
    "AlertChannel",
    "AlertDelivery",
    "AlertSettings",
    "ApiRate",
    "ApiToken",
    "BusinessProfile",
    "BusinessProfileRevision",
    "CodeChoice",
    "CostKind",
    "CostVat",
    "DiscoveryCacheEntry",
    "DiscoveryLease",
    "FailedAttempt",
    "Favourite",
    "IdempotentCall",
    "KeepaCategory",
    "KeepaProduct",
    "ListSource",
    "LiveCheck",
    "Niche",
    "NotificationSettings",
    "Pick",
    "PickClass",
    "PlannerTick",
    "Preferences",
    "ProductCode",
    "ProductCost",
    "ProductDecision",
    "Purchase",
    "PurchaseFile",
    "QueueWorker",
    "Run",
    "RunLine",
    "Sale",
    "SavedFilter",
    "Scope",
    "ScoringCacheEntry",
    "Sighting",
    "SourcingJob",
    "SourcingSwitch",
    "Storefront",
    "TokenBucket",
    "TokenLedgerEntry",
    "TokenReservation",
]
