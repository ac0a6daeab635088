# Writes what the client's own collector shows of the directory in the first argument, for each line of the input.
import glob
import sys

from prometheus_client import CollectorRegistry, generate_latest, multiprocess

if sys.argv[2] == 'by_name':
    listed = glob.glob
    glob.glob = lambda pattern: sorted(listed(pattern))

for line in sys.stdin:
    registry = CollectorRegistry()
    multiprocess.MultiProcessCollector(registry, path=sys.argv[1])
    page = generate_latest(registry)
    sys.stdout.buffer.write(b'%d\n' % len(page) + page)
    sys.stdout.buffer.flush()
