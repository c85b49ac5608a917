"""The project's forms in the engine of KoboCollect; one Java machine for all tests of a run."""

from __future__ import annotations

import pytest

from collector.tablets.java import java
from collector.tablets.javarosa import Form
from tests.support.material import MEDIA, PROGRAMME, form_xml


@pytest.fixture(scope="session")
def tablets() -> dict[str, Form]:
    """Each form, parsed once, by its key."""
    java()
    return {key: Form(form_xml(key), MEDIA) for key in PROGRAMME.forms}
