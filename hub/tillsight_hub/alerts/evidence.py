"""Evidence: what each customer adds to a chart, the log-likelihood ratio of `it went wrong` to `as usual`.

A customer served gives a negative answer (share n of those served), a positive one (q) or none. When
something goes wrong, n becomes min(0.6, WORSE n) and q becomes LESS q. Categorical CUSUM: Hoehle, R package
surveillance; the log-likelihood ratio makes it optimal (Moustakides 1986).
"""

from dataclasses import dataclass

import numpy as np

from .baseline import Baseline, Numbers

WORSE = 6.0
LESS = 0.5
MOST_NEGATIVE = 0.6


@dataclass(frozen=True)
class Evidence:
    """By hour of the business week."""

    silent: Numbers
    """Of every person served; never above 0: nobody complains by saying nothing."""
    negative: Numbers
    """Of a negative answer, beside `silent` of its contact."""
    positive: Numbers
    blind_negative: Numbers
    """Of a negative answer while nobody counts contacts: of answers alone."""
    blind_positive: Numbers
    wrong_negative: Numbers
    """Share of negative answers when something goes wrong; `wrong_positive` of positive ones."""
    wrong_positive: Numbers


def evidence(baseline: Baseline) -> Evidence:
    """For the charts of a touchpoint with this baseline."""
    n, q = baseline.negative, baseline.positive
    worse = np.maximum(np.minimum(MOST_NEGATIVE, WORSE * n), 1.05 * n)
    less = LESS * q
    share, wrong = n / (n + q), worse / (worse + less)
    blind_negative, blind_positive = np.log(wrong / share), np.log((1 - wrong) / (1 - share))
    if not baseline.counts_contacts:
        none = np.zeros_like(n)
        return Evidence(
            none, blind_negative, blind_positive, blind_negative, blind_positive, wrong, 1 - wrong
        )
    silent = np.minimum(np.log((1 - worse - less) / (1 - n - q)), 0.0)
    return Evidence(
        silent=silent,
        negative=np.log(worse / n) - silent,
        positive=np.log(less / q) - silent,
        blind_negative=blind_negative,
        blind_positive=blind_positive,
        wrong_negative=worse,
        wrong_positive=less,
    )
