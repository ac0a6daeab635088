# Writes files as processes of as many names as the first argument says, with fractions that are not exact in binary.
import random
import sys

from prometheus_client import Counter, Gauge, Histogram, Summary, values
from prometheus_client.values import MultiProcessValue

process = {'id': 'w1'}
values.ValueClass = MultiProcessValue(lambda: process['id'])
import prometheus_client.metrics
prometheus_client.metrics.values.ValueClass = values.ValueClass

random.seed(7)
labels = ['ä', 'b"\\\n', '', '日本 🐝']
counter = Counter('fractions', 'Fractions: ½ \\ "x"\nand more.', ['label'])
histogram = Histogram('fraction_seconds', 'Fractions.', ['label'], buckets=[0.1, 0.5, 1, 10, 1e6, 1e7])
summary = Summary('fraction_waits', 'Fractions.', ['label'])
gauges = [Gauge('fraction_' + mode, mode, ['label'], multiprocess_mode=mode) for mode in sorted(Gauge._MULTIPROC_MODES)]

for number in range(int(sys.argv[1])):
    process['id'] = 'w%d' % (number + 1)
    for i in range(200):
        label = labels[i % 4]
        counter.labels(label).inc(random.random())
        histogram.labels(label).observe(random.random() * 2)
        summary.labels(label).observe(random.random() / 3)
        for gauge in gauges:
            gauge.labels(label).set(random.random() - 0.5)
