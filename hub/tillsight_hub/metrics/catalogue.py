"""The one list of all metrics."""

from .registry import Catalogue
from .relative import relative_metrics
from .responses import response_metrics
from .settings import MetricSettings


def catalogue(settings: MetricSettings) -> Catalogue:
    """Every metric of this hub, in the order in which it is shown."""
    return Catalogue([*response_metrics(settings.happy_index_weights), *relative_metrics()])
