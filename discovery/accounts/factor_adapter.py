"""What django-allauth asks of this site about second factors: how secrets lie in the database."""

from __future__ import annotations

from allauth.mfa.adapter import DefaultMFAAdapter
from django.contrib.auth.models import AbstractBaseUser

from discovery.accounts.sealing import fernets

PURPOSE = b"arbitragevault second factors"


class Adapter(DefaultMFAAdapter):
    """Secrets of authenticator apps and seeds of recovery codes are stored sealed."""

    def encrypt(self, text: str) -> str:
        """What is stored of a secret."""
        return fernets(PURPOSE).encrypt(text.encode()).decode()

    def decrypt(self, encrypted_text: str) -> str:
        """The secret. Raises ``InvalidToken`` when no key of this site opens it."""
        return fernets(PURPOSE).decrypt(encrypted_text.encode()).decode()

    def get_public_key_credential_rp_entity(self) -> dict[str, str]:
        """A passkey is bound to the host's name; what the browser shows is the product's."""
        return {**super().get_public_key_credential_rp_entity(), "name": "ArbitrageVault"}

    def _get_user_identifier(self, user: AbstractBaseUser) -> str:
        return user.get_username()
