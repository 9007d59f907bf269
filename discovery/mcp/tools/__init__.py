"""The tools of discovery, by what they are about."""
