"""The process that speaks to other people's servers: it knows neither Django nor a secret of ours.

``python -m discovery.sourcing.alerts.sender`` sends one message and ends; ``sending`` starts it.
"""
