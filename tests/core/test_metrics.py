# SPDX-License-Identifier: EUPL-1.2
"""Figures are exposed as OpenMetrics text that another program can read."""

from __future__ import annotations

from stadtkern.core import metrics


def test_the_text_follows_openmetrics() -> None:
    """Types and helps first, counters end in `_total`, buckets add up, the end is marked."""
    registry = metrics.Registry()
    registry.counter("rows", "Rows.", "way").at("mqtt").add(3)
    registry.gauge("depth", 'A "depth"\nof two lines.').at().set(0.5)
    seconds = registry.histogram("wait_seconds", "Waits.").at()
    seconds.observe(0.002)
    seconds.observe(60)
    text = metrics.exposition(metrics.labelled(registry.collect(), process="data"))
    lines = text.splitlines()
    assert lines[:3] == [
        "# TYPE depth gauge",
        '# HELP depth A \\"depth\\"\\nof two lines.',
        'depth{process="data"} 0.5',
    ]
    assert 'rows_total{process="data",way="mqtt"} 3' in lines
    assert 'wait_seconds_bucket{process="data",le="0.0025"} 1' in lines
    assert 'wait_seconds_bucket{process="data",le="30"} 1' in lines
    assert 'wait_seconds_bucket{process="data",le="+Inf"} 2' in lines
    assert 'wait_seconds_count{process="data"} 2' in lines
    assert text.endswith("\n# EOF\n")


def test_samples_of_two_processes_stand_together() -> None:
    """The format asks for one block per family."""
    of = [
        metrics.labelled([metrics.gauge("memory", "Memory.", 1)], process=name) for name in ("data", "work")
    ]
    other = [metrics.gauge("other", "Other.", 2)]
    lines = metrics.exposition([*of[0], *other, *of[1]]).splitlines()
    assert lines[2:4] == ['memory{process="data"} 1', 'memory{process="work"} 1']
    assert sum(line.startswith("# TYPE") for line in lines) == 2
