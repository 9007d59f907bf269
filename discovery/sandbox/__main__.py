from __future__ import annotations

import sys

from discovery.sandbox.serve import main

sys.exit(main())
