"""Access control: nothing on the hub is open to somebody who is not known."""

from .accounts import add_user, disable_user, enable_user, ensure_first_user, list_users, set_password
from .asking import (
    CurrentAdmin,
    CurrentDevice,
    CurrentViewer,
    PageSession,
    any_viewer,
    require_role,
    wrong_role,
)
from .errors import BadAccount, LoginRefused, TooManyAttempts
from .tokens import create_token, list_tokens, revoke_token

__all__ = [
    "BadAccount",
    "CurrentAdmin",
    "CurrentDevice",
    "CurrentViewer",
    "LoginRefused",
    "PageSession",
    "TooManyAttempts",
    "add_user",
    "any_viewer",
    "create_token",
    "disable_user",
    "enable_user",
    "ensure_first_user",
    "list_tokens",
    "list_users",
    "require_role",
    "revoke_token",
    "set_password",
    "wrong_role",
]
