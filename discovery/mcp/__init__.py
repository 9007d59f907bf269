"""What agents use: tools over the Model Context Protocol, at ``/mcp``, on the services of pages.

A tool only reads unless the token may spend, and nothing is spent before its price was told.
"""
