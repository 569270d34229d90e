"""The one list of all metrics."""

from .activity import activity_metrics
from .emotion import emotion_metrics
from .questionnaires import questionnaire_metrics
from .registry import Catalogue
from .relative import relative_metrics
from .responses import response_metrics
from .settings import SUPPRESS_BELOW, MetricSettings
from .silence import silence_metrics


def catalogue(settings: MetricSettings, smallest_cell: int = SUPPRESS_BELOW) -> Catalogue:
    """Every metric of this hub, in the order in which it is shown.

    `smallest_cell`: of how many people's answers a number has to be made before it is told.
    """
    metrics = [
        *response_metrics(settings.happy_index_weights),
        *relative_metrics(),
        *silence_metrics(settings.eagerness),
        *emotion_metrics(),
        *questionnaire_metrics(settings),
        *activity_metrics(),
    ]
    return Catalogue(metrics, smallest_cell, settings.questions)
