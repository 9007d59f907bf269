"""What a list was read from, kept as long as its reading can still be corrected."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from discovery.models.runs import Run


class ListSource(models.Model):
    """The file or the text of a list that waits for its confirmation.

    ``corrections`` is what its owner said about how to read it, ``reading`` what its page shows
    of the reading besides the lines. Deleted when the list starts.
    """

    run = models.OneToOneField(
        Run, verbose_name=_("run"), on_delete=models.CASCADE, related_name="source"
    )
    content = models.BinaryField(_("content"))
    is_text = models.BooleanField(
        _("pasted"), help_text=_("Text that was pasted, in UTF-8; else a file as it was sent.")
    )
    corrections = models.JSONField(_("corrections"), default=dict)
    reading = models.JSONField(_("reading"), default=dict)
    created_at = models.DateTimeField(_("created"), auto_now_add=True)

    class Meta:
        db_table = "list_source"
        verbose_name = _("source of a list")
        verbose_name_plural = _("sources of lists")

    def __str__(self) -> str:
        return str(self.run)
