# SPDX-License-Identifier: EUPL-1.2
"""Every address that changes something, and what keeps people from doing it by mistake."""

from __future__ import annotations

# A page asks first: GET shows what will happen, POST does it.
ASKED_FIRST = {
    "account_logout", "agreement-activate", "agreement-discard", "agreement-end", "bulk-change",
    "data-version-forget", "data-version-restore", "dataset-form-remove", "dataset-move", "dataset-state",
    "file-forget", "file-remove", "file-restore", "glossary-remove", "harvest-delete", "import-discard",
    "inventory-delete", "inventory-withdraw", "mail-discard", "mfa_deactivate_totp",
    "mfa_generate_recovery_codes", "mfa_remove_webauthn", "own-data", "request-delete", "room-dismiss",
    "sign-remove", "story-release", "story-remove",
    "subscriptions", "thing-picture-remove", "version-restore",
}  # fmt: skip
# The button lies folded away together with the sentence that says what it does.
FOLDED_AWAY = {
    "board-wall-end", "device-end", "log-dismiss", "log-keep", "organisation-remove", "organisation-way-back",
    "person-close", "ratings", "token-end",
}  # fmt: skip
# Another address brings it back as it was.
BROUGHT_BACK = {
    "board-do": "board-do",  # undo stands beside what was done; removed boards wait in the list
    "bulk-undo": "bulk-change",
    "end-session": "account_login",
    "organisation-withdraw": "organisation-invite",
    "person-open": "person-close",
}
# Nothing is lost: something is made, said anew with its versions or its form filled in, sent, or read.
HARMLESS = {
    "account", "account_change_password", "account_confirm_email", "account_email", "account_login",
    "account_reauthenticate", "account_reset_password", "account_reset_password_from_key",
    "account_set_password", "account_signup", "agreement-documents", "agreement-edit", "agreement-new",
    "barrier", "board-new", "board-settings", "board-theme", "board-tile", "board-tile-new",
    "board-version", "board-walls", "ckan-action", "dataset-editor", "dataset-form", "dataset-form-new",
    "dataset-new", "dataset-points", "device-new", "file-new", "file-replace", "glossary-missing",
    "glossary-new",
    "glossary-term", "harvest-edit", "harvest-new", "harvest-source", "import", "import-decide",
    "import-further", "import-layout", "import-new", "import-plan", "import-schedule", "import-store",
    "inventory-dataset", "inventory-decide", "inventory-edit", "inventory-import", "inventory-new",
    "inventory-propose", "log", "log-appoint", "looks", "mail-probe", "mail-retry", "message",
    "mfa_activate_totp", "mfa_add_webauthn", "mfa_authenticate", "mfa_edit_webauthn",
    "mfa_login_webauthn", "mfa_reauthenticate", "mfa_reauthenticate_webauthn", "nearby",
    "organisation-edit", "organisation-invite", "organisation-new", "organisation-role", "own-export",
    "own-language",
    "rate", "request-ask", "request-reply", "request-work", "room-accept", "room-admit", "room-edit",
    "room-new",
    "sign-video", "stories-work", "story-edit", "story-new", "story-take",
    "story-versions",
    "subscribe", "subscription-confirm", "token-new", "welcome",
}  # fmt: skip
# The browser asks before it ends everything; what was ended can be followed again.
HARMLESS |= {"following", "thing-picture-change"}
