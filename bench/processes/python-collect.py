# Takes scrapes of a directory with the collector of Python's client, one for each line of the input.
import json
import sys
import time

from prometheus_client import CollectorRegistry, generate_latest, multiprocess

for line in sys.stdin:
    began, worked = time.perf_counter(), time.thread_time()
    registry = CollectorRegistry()
    multiprocess.MultiProcessCollector(registry, path=sys.argv[1])
    page = generate_latest(registry)
    milliseconds, cpu = (time.perf_counter() - began) * 1000, (time.thread_time() - worked) * 1000
    lines = [each for each in page.decode().split('\n') if each != '' and each[0] != '#']
    total = sum(float(each.split(' ')[-1]) for each in lines)
    print(json.dumps({'ms': milliseconds, 'cpu': cpu, 'lines': len(lines), 'total': total}), flush=True)
