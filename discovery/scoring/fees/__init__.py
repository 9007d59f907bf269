"""What Amazon, the tax office and our own handling take of a sale; no module here reads a clock."""
