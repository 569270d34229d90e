"""What the tests of reports share: the API's chain with some weeks of traffic in it."""

import pytest
from tests.harness.chain import Chain
from tests.harness.reports import some_weeks
from tests.hub.api.conftest import as_role, chain  # noqa: F401 - fixtures


@pytest.fixture
def busy(chain: Chain) -> Chain:  # noqa: F811 - the fixture above
    """Three weeks of March at every touchpoint, with names that mean something to a typesetter."""
    some_weeks(chain)
    return chain
