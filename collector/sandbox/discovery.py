"""What a server says about itself: API root, environment, health. Source: kobo/api.md §1, recordings 020, 029-032."""

from __future__ import annotations

from collector.sandbox.calls import Answer, Call, as_json
from collector.sandbox.store import Store

SERVED = ("assets", "imports", "permissions", "users")
METADATA = ("sector", "country", "description")


def root(store: Store, call: Call) -> Answer:
    """GET /api/v2/: only what the sandbox serves; the real list is longer."""
    return as_json({name: call.url(f"/api/v2/{name}/") for name in SERVED})


def environment(store: Store, call: Call) -> Answer:
    """GET /api/v2/environment/: feature flags and the OpenRosa address; no version number, no login needed."""
    return as_json(
        {
            "terms_of_service_url": "",
            "privacy_policy_url": "",
            "source_code_url": "https://github.com/kobotoolbox/",
            "support_email": "help@example.org",
            "support_url": "https://support.kobotoolbox.org/",
            "academy_url": "https://academy.kobotoolbox.org/",
            "community_url": "https://community.kobotoolbox.org/",
            "frontend_min_retry_time": 2,
            "frontend_max_retry_time": 120,
            "use_team_label": True,
            "usage_limit_enforcement": False,
            "allow_self_account_deletion": False,
            "sector_choices": [["Humanitarian - Other", "Humanitarian - Other"]],
            "operational_purpose_choices": [["", ""]],
            "country_choices": [["IRQ", "Iraq"]],
            "interface_languages": [["en", "English"], ["ar", "العربية"], ["ku", "Kurdî"]],
            "mfa_localized_help_text": "",
            "mfa_enabled": True,
            "mfa_code_length": 6,
            "superuser_auth_enforcement": False,
            "enable_password_entropy_meter": True,
            "enable_custom_password_guidance_text": False,
            "custom_password_localized_help_text": "",
            "project_metadata_fields": [_field(name, is_required=False) for name in METADATA],
            "extra_project_metadata_fields": [],
            "user_metadata_fields": [_field("name", is_required=True)],
            "social_apps": [],
            "asr_mt_features_enabled": False,
            "submission_placeholder": "%SUBMISSION%",
            "project_history_log_lifespan": 744,
            "stripe_public_key": None,
            "terms_of_service__sitewidemessage__exists": False,
            "open_rosa_server": call.base,
        }
    )


def health(store: Store, call: Call) -> Answer:
    return Answer(200, b"OK KPI\r\n\r\nSandbox: OK", "text/plain")


def minimal_health(store: Store, call: Call) -> Answer:
    return Answer(200, b"ok", "text/plain")


def _field(name: str, *, is_required: bool) -> dict[str, object]:
    return {"name": name, "required": is_required, "label": name.capitalize()}
