"""One page, one view function, one context dataclass, one template."""
