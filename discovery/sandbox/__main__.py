"""``python -m discovery.sandbox``: the server on its own."""

from __future__ import annotations

import sys

from discovery.sandbox.serve import main

sys.exit(main())
