"""What Amazon takes of a sale, and what sending a unit in costs us.

    referral            % of the price, by category; tiers and a minimum     referral_tables.py
    closing             fixed, on media                                      referral_tables.py
    FBA fulfilment      by size, weight and price band; fuel, peak season    fba_tables.py
    digital services    % on the three above, by the seller's country        marketplaces.py
    placement, storage  per unit; per m³ and month until sold                fba_tables.py
    inbound, prep       per kg; per unit                                     the profile
    returns, buffer     % of the price kept aside                            the profile
    VAT                 by regime                                            vat.py

Keepa delivers Amazon's own referral percentage and fulfilment fee, computed at the price of the
day. In that price's band they win over the table; elsewhere the table decides (fulfilment: Keepa's
figure moved by the table's difference). A difference above the profile's bound is flagged.
"""
