"""The form that takes a list, and the one that starts its analysis."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib.auth.models import AbstractBaseUser
from django.core.exceptions import ValidationError
from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from discovery.lists.reading.model import ReadList, UnreadableList
from discovery.lists.reading.tables import MOST_BYTES
from discovery.lists.service import LONGEST_NAME, read_for
from discovery.lists.text import unreadable_text
from discovery.models import Run
from discovery.pages.choices import default_marketplace, marketplace_choices
from discovery.profiles import service
from discovery.profiles.service import ActiveProfile, UnknownProfile, all_profiles
from discovery.scoring import VatBasis


class ListForm(forms.Form):
    """Lines pasted, or a file; ``read``, ``source`` and ``name`` after ``is_valid()``.

    Read for the marketplace a form starts with; its owner may say another before it starts.
    """

    text = forms.CharField(
        label=gettext_lazy("Paste your lines"),
        required=False,
        strip=False,
        widget=forms.Textarea(attrs={"rows": 8, "spellcheck": "false", "autocomplete": "off"}),
        help_text=gettext_lazy(
            "One product a line: an ASIN, ISBN, EAN or UPC, then its cost and quantity if you "
            "know them, separated by “;”, “,”, a tab or spaces."
        ),
    )
    file = forms.FileField(
        label=gettext_lazy("or choose a file"),
        required=False,
        allow_empty_file=True,
        widget=forms.FileInput(
            attrs={
                "accept": ".csv,.txt,.tsv,.xlsx,.xls,.xlsb,.ods,text/csv,text/plain,"
                "application/vnd.ms-excel,application/vnd.oasis.opendocument.spreadsheet,"
                "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
            }
        ),
        help_text=gettext_lazy(
            "CSV, text, Excel or OpenDocument, up to 5,000 lines and 5 MB, with or without "
            "headings, the columns in any order."
        ),
    )

    def __init__(self, data: Any = None, files: Any = None, *, owner: AbstractBaseUser) -> None:
        super().__init__(data, files)
        self.owner = owner
        self.read: ReadList | None = None
        self.refusal = ""  # the code of `UnreadableList`
        self.source: bytes | str = ""
        self.name = ""

    def clean(self) -> dict[str, Any]:
        """Read the file or the text; a list that cannot be used is refused beside its field."""
        data = self.cleaned_data
        upload = data.get("file")
        text = data.get("text") or ""
        if upload and text.strip():
            raise ValidationError(_("Paste lines or choose a file, not both."))
        try:
            if upload:
                self.name = str(upload.name)[:LONGEST_NAME]
                self.source = _content(upload)
            else:
                self.name = _("Pasted list")
                self.source = text
            self.read = read_for(
                self.source, owner_id=self.owner.pk, marketplace=default_marketplace(self.owner)
            )
        except UnreadableList as error:
            self.refusal, self.source = error.code, ""
            problem = ValidationError(unreadable_text(error.code), code=error.code)
            self.add_error("file" if upload else "text", problem)
        return data

    def take_source(self) -> bytes | str:
        """What the list was read from, kept here no longer.

        A form is part of a circle of references, and collected long after its request: what it
        holds would pile up, 5 MB for each list.
        """
        source, self.source, self.data = self.source, "", QueryDict()
        self.cleaned_data.clear()
        return source


def _content(upload: Any) -> bytes:
    """Raises ``UnreadableList`` before a file that is too large is read."""
    if upload.size > MOST_BYTES:
        raise UnreadableList("too_large")
    content: bytes = upload.read()
    return content


class StartForm(forms.Form):
    """Where the products are sold, and what counts as a good buy."""

    marketplace = forms.ChoiceField(label=gettext_lazy("Marketplace"), choices=marketplace_choices)
    profile = forms.ChoiceField(label=gettext_lazy("Business profile"))

    def __init__(self, data: Any = None, *, user: AbstractBaseUser, listed: Run) -> None:
        initial = {
            "marketplace": listed.marketplace or default_marketplace(user),
            "profile": listed.profile.slug
            if listed.profile
            else service.default_profile_slug(user),
        }
        super().__init__(data, initial=initial)
        self.profiles = {profile.slug: profile for profile in all_profiles(user=user)}
        self.fields["profile"].choices = [  # type: ignore[attr-defined]
            (profile.slug, profile.name) for profile in self.profiles.values()
        ]

    def chosen(self) -> tuple[ActiveProfile, str]:
        """The profile and the marketplace; those the form starts with until it is valid."""
        values = self.cleaned_data if self.is_bound and self.is_valid() else self.initial
        slug = str(values["profile"])
        if slug not in self.profiles:
            raise UnknownProfile(slug)
        return self.profiles[slug], str(values["marketplace"])

    def usual_vat(self) -> VatBasis:
        """Whether the costs of the profile's owner hold VAT, on the marketplace chosen."""
        try:
            profile, marketplace = self.chosen()
        except UnknownProfile:
            return VatBasis.INCLUDED
        return profile.settings.for_marketplace(marketplace).cost_vat
