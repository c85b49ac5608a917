"""Which recordings of the real server the sandbox does not reproduce, and why: one table, printed by the test."""

from __future__ import annotations

OUT_OF_SCOPE: dict[str, tuple[int, ...]] = {
    "REST services (hooks) of the server: the product does not use them": (
        *range(389, 399),
        *range(402, 410),
        *range(412, 418),
    ),
    "exports, export settings and their files: the product reads the data API": tuple(range(418, 476)),
    "reports": (476,),
    "paired data": (504, 506, 508, 509),
    "Briefcase pull": (518, 519, 520, 521),
    "GeoJSON": (301,),
    "Enketo links": (370,),
    "server-wide audit logs": (376, 377, 378),
    "usage statistics": (536,),
    "transcription and translation of recordings": (568,),
    "attachments as a ZIP": (569,),
    "ODK Validate (Java) is not run at deployment": (145,),
    "the API root lists only what the sandbox serves": (20,),
}

REASONS = {number: reason for reason, numbers in OUT_OF_SCOPE.items() for number in numbers}
