from __future__ import annotations

from django.db import migrations

# Adopted entries never stated their marketplace in a column; their filters may, by our code, by
# Amazon's domain or by Keepa's number (1 com, 2 co.uk, 3 de ... 12 com.br).
READ_FROM_FILTERS = """
UPDATE product_discovery_cache AS entry
   SET marketplace = named.code
  FROM (SELECT cache_key,
               regexp_replace(lower(coalesce(nullif(filters_applied ->> 'marketplace', ''),
                                             filters_applied ->> 'domain')),
                              '^(www\\.)?(amazon\\.)?', '') AS word
          FROM product_discovery_cache
         WHERE jsonb_typeof(filters_applied) = 'object') AS filters
  JOIN (VALUES ('uk', 'uk'), ('co.uk', 'uk'), ('gb', 'uk'), ('2', 'uk'),
               ('de', 'de'), ('3', 'de'), ('fr', 'fr'), ('4', 'fr'),
               ('jp', 'jp'), ('co.jp', 'jp'), ('5', 'jp'), ('ca', 'ca'), ('6', 'ca'),
               ('it', 'it'), ('8', 'it'), ('es', 'es'), ('9', 'es'),
               ('in', 'in'), ('10', 'in'), ('mx', 'mx'), ('com.mx', 'mx'), ('11', 'mx'),
               ('br', 'br'), ('com.br', 'br'), ('12', 'br')) AS named (word, code)
    ON named.word = filters.word
 WHERE entry.cache_key = filters.cache_key AND entry.marketplace = 'us'
"""


class Migration(migrations.Migration):
    """Say which marketplace adopted discovery entries are of; ``us`` where nothing names one."""

    dependencies = [("discovery", "0001_caches")]

    operations = [migrations.RunSQL(READ_FROM_FILTERS, migrations.RunSQL.noop)]
