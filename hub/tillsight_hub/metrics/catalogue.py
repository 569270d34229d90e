"""The one list of all metrics."""

from .registry import SUPPRESS_BELOW, Catalogue
from .relative import relative_metrics
from .responses import response_metrics
from .settings import MetricSettings


def catalogue(settings: MetricSettings, smallest_cell: int = SUPPRESS_BELOW) -> Catalogue:
    """Every metric of this hub, in the order in which it is shown.

    `smallest_cell`: of how many people's answers a number has to be made before it is told.
    """
    return Catalogue([*response_metrics(settings.happy_index_weights), *relative_metrics()], smallest_cell)
