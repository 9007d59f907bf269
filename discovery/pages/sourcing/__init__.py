"""The pages of AutoSourcing."""
