"""What a browser may do on our pages: settings of django-csp and of our own middleware."""

from __future__ import annotations

from typing import Any

from csp.constants import NONCE, NONE, SELF, UNSAFE_EVAL, UNSAFE_INLINE

CONTENT_SECURITY_POLICY: dict[str, Any] = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF, NONCE],
        "style-src": [SELF, NONCE],
        # Product photographs are Amazon's.
        "img-src": [
            SELF,
            "data:",
            "https://m.media-amazon.com",
            "https://images-na.ssl-images-amazon.com",
        ],
        "font-src": [SELF],
        "connect-src": [SELF],
        "manifest-src": [SELF],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
        "base-uri": [NONE],
        "object-src": [NONE],
    }
}
# What the admin's theme and the API's documentation page need on top, on their own paths only.
# The theme's menus, tabs and filters are Alpine expressions in attributes, which Alpine compiles
# ('unsafe-eval'). Its build for strict policies has no arrow functions, no globals such as
# localStorage and no functions of the page, all of which django-unfold's base template uses, and
# no Python package brings it; without 'unsafe-eval' no menu opens. Inline scripts stay forbidden.
CONTENT_SECURITY_POLICY_BY_PREFIX: dict[str, dict[str, list[str]]] = {
    "/admin/": {
        "script-src": [SELF, UNSAFE_EVAL],
        "style-src": [SELF, UNSAFE_INLINE],
    },
    "/api/v1/docs": {"style-src": [SELF, UNSAFE_INLINE]},
}

# No page uses any of these, so no script that got into one may. Those that Chromium knows: it holds
# a name that it does not know against the page, in its console.
PERMISSIONS_POLICY = ", ".join(
    f"{feature}=()"
    for feature in (
        "accelerometer", "autoplay", "camera", "display-capture", "encrypted-media", "gamepad",
        "geolocation", "gyroscope", "hid", "idle-detection", "local-fonts", "magnetometer",
        "microphone", "midi", "payment", "picture-in-picture", "publickey-credentials-get",
        "screen-wake-lock", "serial", "usb", "window-management", "xr-spatial-tracking",
    )
)  # fmt: skip
# Where one signs in with a passkey or adds one, on sites that have them.
PERMISSIONS_POLICY_WITH_PASSKEYS = PERMISSIONS_POLICY.replace(
    "publickey-credentials-get=()", "publickey-credentials-get=(self)"
)
