# Writes the files of many processes with Python's client. For each further line of the input, every value changes.
# Each process adds its series in an order of its own, as the requests come in. With another generation, the processes are
# others.
import glob
import json
import os
import random
import sys

directory, processes, series, generation = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4])
os.environ['PROMETHEUS_MULTIPROC_DIR'] = directory

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, values
from prometheus_client.mmap_dict import MmapedDict

process = {'id': 0}
values.ValueClass = values.MultiProcessValue(lambda: process['id'])

for number in range(processes):
    process['id'] = 4000000 + 10000 * generation + number
    # New metrics for each process: existing ones would move with the process.
    registry = CollectorRegistry()
    requests = Counter('bench_requests', 'Requests.', ['path'], registry=registry)
    duration = Histogram('bench_duration_seconds', 'Durations.', ['path'], registry=registry)
    level = Gauge('bench_level', 'Levels.', ['path'], registry=registry, multiprocess_mode='max')
    values.ValueClass = values.MultiProcessValue(lambda: process['id'])
    order = list(range(series))
    random.Random(number).shuffle(order)
    for i in order:
        requests.labels('/path/%d' % i).inc()
        if i % 10 == 0:
            duration.labels('/path/%d' % i).observe(0.5)
            level.labels('/path/%d' % i).set(i)

files = [MmapedDict(name) for name in glob.glob(os.path.join(directory, '*.db'))]
print(json.dumps({'values': sum(len(file._positions) for file in files)}), flush=True)
for line in sys.stdin:
    for file in files:
        for key in file._positions:
            file.write_value(key, file.read_value(key) + 1)
    print('{}', flush=True)
