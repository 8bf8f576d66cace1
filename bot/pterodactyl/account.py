"""The key's own account, its API and SSH keys, and the catalogue of rights."""

from collections.abc import AsyncIterator, Iterable
from typing import Final

from bot.pterodactyl.activity import activity_page, activity_pages
from bot.pterodactyl.errors import Refused
from bot.pterodactyl.http import PanelHttp
from bot.pterodactyl.models import (
    Account,
    Activity,
    ApiKey,
    NewApiKey,
    Page,
    RecoveryTokens,
    SshKey,
    TwoFactorSetup,
)
from bot.pterodactyl.models.account import ApiKeyMade
from bot.pterodactyl.models.envelope import Data, Item, Listing, decoder
from bot.secret import Secret

_ACCOUNT: Final = decoder(Item[Account])
_SETUP: Final = decoder(Data[TwoFactorSetup])
_TOKENS: Final = decoder(Item[RecoveryTokens])
_API_KEYS: Final = decoder(Listing[ApiKey])
_API_KEY_MADE: Final = decoder(ApiKeyMade)
_SSH_KEYS: Final = decoder(Listing[SshKey])
_SSH_KEY: Final = decoder(Item[SshKey])


class AccountArea:
    """`client.account`: acts on the account the key belongs to."""

    def __init__(self, http: PanelHttp) -> None:
        self._http = http

    async def get_account(self) -> Account:
        """Read the account. Its id also lets its keys share one budget (contract: account.md).

        Raises:
            KeyRejected: The key, its kind, or the address it is used from; the panel was asked.
        """
        account = (await self._http.fetch(_ACCOUNT, "GET", "account")).attributes
        self._http.belongs_to(account.account_id)
        return account

    async def update_email(self, email: str, password: str | Secret) -> None:
        """Change the e-mail address (contract: account.md).

        Args:
            email: At most 191 characters, not yet taken.
            password: The account's present one.

        Raises:
            Declined: WRONG_PASSWORD; it is looked at before the address.
            Invalid: The address.
            Limited: Some panels allow three real changes a day.
        """
        password = _hidden(password)
        body = {"email": email, "password": password}
        await self._http.send("PUT", "account", "email", body=body, is_safe=True)

    async def update_password(
        self, current: str | Secret, new: str | Secret, new_confirm: str | Secret
    ) -> None:
        """Change the password; API keys go on working (contract: account.md).

        Args:
            current: The present one. The panel trims it, so one with blanks at its ends fails.
            new: At least 8 characters.
            new_confirm: The same again.

        Raises:
            Declined: WRONG_PASSWORD.
            Invalid: Too short, or the two differ (told of `password`).
        """
        current, new, new_confirm = _hidden(current), _hidden(new), _hidden(new_confirm)
        body = {"current_password": current, "password": new, "password_confirmation": new_confirm}
        await self._http.send("PUT", "account", "password", body=body)

    async def update_username(self, username: str, password: str | Secret) -> None:
        """Change the user name; Pelican only (contract: pelican.md).

        Raises:
            Declined: WRONG_PASSWORD.
            NotFound: `route_unknown`: Pterodactyl lets nobody change it.
        """
        password = _hidden(password)
        body = {"username": username, "password": password}
        await self._http.send("PUT", "account", "username", body=body)

    async def get_2fa_setup_code(self) -> TwoFactorSetup:
        """Make a new two-factor secret; one from an earlier call ends (contract: account.md).

        It is an otpauth address to draw a QR code of, not a picture.

        Raises:
            Declined: ALREADY_ON.
            NotFound: `route_unknown` on Pelican, which has two-factor on its site only.
        """
        setup = await self._http.fetch(_SETUP, "GET", "account", "two-factor", is_safe=False)
        return setup.data

    async def enable_2fa(self, code: str, password: str | Secret) -> RecoveryTokens:
        """Switch two-factor on; the recovery tokens are shown this once (contract: account.md).

        Args:
            code: Six digits from the authenticator, as text: a leading zero counts.
            password: The panel demands it since 1.9.2; the seed's method lacks it.

        Raises:
            Declined: WRONG_CODE, WRONG_PASSWORD.
            Invalid: Not six characters.
            PanelBug: get_2fa_setup_code was never called.
        """
        password = _hidden(password)
        body = {"code": code, "password": password}
        made = await self._http.fetch(_TOKENS, "POST", "account", "two-factor", body=body)
        return made.attributes

    async def disable_2fa(self, password: str | Secret) -> None:
        """Switch two-factor off, also when it is off already (contract: account.md).

        Panels up to 1.11.7 know another verb; it is used where this one is unknown.

        Raises:
            Declined: WRONG_PASSWORD.
            NotFound: `route_unknown` on Pelican.
        """
        password = _hidden(password)
        body = {"password": password}
        try:
            await self._http.send(
                "POST", "account", "two-factor", "disable", body=body, is_safe=True
            )
        except Refused as refused:
            if not refused.route_unknown:
                raise
        else:
            return
        await self._http.send("DELETE", "account", "two-factor", body=body, is_safe=True)

    async def api_key_list(self) -> list[ApiKey]:
        """List the account's client keys, oldest first, without their secret parts."""
        return (await self._http.fetch(_API_KEYS, "GET", "account", "api-keys")).unwrapped()

    async def api_key_create(self, description: str, allowed_ips: Iterable[str] = ()) -> NewApiKey:
        """Make a client key; its secret part is shown this once (contract: account.md).

        Args:
            description: At most 500 characters, not empty.
            allowed_ips: Addresses or ranges, at most 50; none means everywhere.

        Raises:
            Declined: LIMIT_REACHED: 25 keys (10 before 1.10.4).
            Invalid: The description, or `allowed_ips.<i>` with an empty rule.
            PanelDown: With `maybe_done` a key may exist whose secret nobody has: list and delete.
        """
        body = {"description": description, "allowed_ips": _listed(allowed_ips)}
        made = await self._http.fetch(_API_KEY_MADE, "POST", "account", "api-keys", body=body)
        return NewApiKey(api_key=made.attributes, secret_token=made.meta.secret_token)

    async def api_key_delete(self, identifier: str) -> None:
        """Delete a client key, perhaps the one in use (contract: account.md).

        Args:
            identifier: The key's first 16 characters.

        Raises:
            NotFound: Unknown, or another account's.
        """
        await self._http.send("DELETE", "account", "api-keys", identifier)

    async def list_ssh_keys(self) -> list[SshKey]:
        """List the keys for SFTP."""
        return (await self._http.fetch(_SSH_KEYS, "GET", "account", "ssh-keys")).unwrapped()

    async def create_ssh_key(self, name: str, public_key: str) -> SshKey:
        """Add a key for SFTP (contract: account.md).

        Args:
            name: A title.
            public_key: As in `id_ed25519.pub`; it is kept in another form.

        Raises:
            Invalid: `public_key` with an empty rule: not a key, DSA, short RSA, or there already.
        """
        body = {"name": name, "public_key": public_key}
        made = await self._http.fetch(_SSH_KEY, "POST", "account", "ssh-keys", body=body)
        return made.attributes

    async def remove_ssh_key(self, fingerprint: str) -> None:
        """Remove a key for SFTP. Pterodactyl doesn't tell an unknown one (contract: account.md).

        Args:
            fingerprint: With or without `SHA256:`.

        Raises:
            NotFound: Unknown, on Pelican, which has a call of its own for this.
        """
        bare = fingerprint.removeprefix("SHA256:")
        try:
            await self._http.send(
                "POST", "account", "ssh-keys", "remove", body={"fingerprint": bare}, is_safe=True
            )
        except Refused as refused:
            if not refused.route_unknown:
                raise
        else:
            return
        await self._http.send("DELETE", "account", "ssh-keys", bare)

    async def list_activity(
        self,
        *,
        page: int = 1,
        per_page: int = 25,
        event: str | None = None,
        oldest_first: bool = False,
        includes: Iterable[str] = (),
    ) -> Page[Activity]:
        """One page of what was done to the account (contract: activity.md).

        Args:
            page: From 1; past the end it is empty.
            per_page: At most 100.
            event: Part of an event's name; several with commas between.
            oldest_first: The other way round.
            includes: `actor`.
        """
        return await activity_page(
            self._http,
            ("account", "activity"),
            page=page,
            per_page=per_page,
            event=event,
            oldest_first=oldest_first,
            includes=includes,
        )

    def iter_activity(
        self,
        *,
        event: str | None = None,
        oldest_first: bool = False,
        includes: Iterable[str] = (),
    ) -> AsyncIterator[Page[Activity]]:
        """Page after page of it, 100 entries each; arguments as in `list_activity`."""
        return activity_pages(
            self._http,
            ("account", "activity"),
            event=event,
            oldest_first=oldest_first,
            includes=includes,
        )


def _hidden(password: str | Secret) -> Secret:
    """Wrapped at once, so that no traceback that prints locals shows it."""
    return password if isinstance(password, Secret) else Secret(password)


def _listed(values: Iterable[str]) -> list[str]:
    return [values] if isinstance(values, str) else list(values)
