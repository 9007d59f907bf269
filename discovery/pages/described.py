"""What a reader of the screen is told of a field that is wrong."""

from __future__ import annotations

from django import forms


def describe_errors(form: forms.Form) -> None:
    """Name beside each field that is wrong the sentence which says so (``ui/field.html``)."""
    for name in form.errors:
        if name in form.fields:
            described = f"{form[name].auto_id}_error"
            form.fields[name].widget.attrs["aria-describedby"] = described
