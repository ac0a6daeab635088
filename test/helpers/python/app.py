# An application for gunicorn with every type and gauge mode that its version of the client has. Observations are
# fractions of powers of two, so that sums do not depend on their order.
import os
import time

from prometheus_client import Counter, Gauge, Histogram, Summary

requests = Counter('app_requests', 'Requests by path, with a \\ and\na second line.', ['path', 'who'])
plain = Counter('app_plain', 'No labels.')
seconds = Histogram('app_seconds', 'Durations.', ['path'])
sizes = Histogram('app_sizes', 'Sizes of requests.', buckets=[0.001, 1, 64, 1048576, 5e7])
waits = Summary('app_waits', 'Waits.', ['path'])
modes = ['all', 'liveall', 'min', 'livemin', 'max', 'livemax', 'sum', 'livesum', 'mostrecent', 'livemostrecent']
gauges = {mode: Gauge('app_' + mode, 'Mode ' + mode + '.', ['path'], multiprocess_mode=mode)
          for mode in modes if mode in Gauge._MULTIPROC_MODES}
never_set = Gauge('app_never_set', 'A gauge that no process sets.', multiprocess_mode='min')
shared = Counter('shared_jobs', 'Jobs of Python and of Node.js.', ['kind'])
shared_seconds = Histogram('shared_seconds', 'Durations of both.', buckets=[0.25, 1, 4])
shared_level = Gauge('shared_level', 'Levels of both.', multiprocess_mode='livesum')
shared_each = Gauge('shared_each', 'Each process of both.', multiprocess_mode='liveall')


def application(environ, start_response):
    path = environ['PATH_INFO']
    number = int(environ['QUERY_STRING'] or 0)
    if path == '/pid':
        return answer(start_response, str(os.getpid()))
    who = ['plain', 'ünïcödé 🐝', 'a "quote" \\ and\nnewline', ''][number % 4]
    requests.labels(path, who).inc()
    plain.inc(0.5)
    seconds.labels(path).observe(number % 16 / 64)
    sizes.observe(2 ** (number % 28))
    waits.labels(path).observe(number % 32 / 128)
    for mode, gauge in gauges.items():
        if 'mostrecent' in mode:
            gauge.labels(path).set(number)
        else:
            gauge.labels(path).inc(number % 5 - 1)
    shared.labels('web').inc()
    shared_seconds.observe(number % 8)
    shared_level.set(1)
    shared_each.set(1)
    return answer(start_response, 'served')


def answer(start_response, text):
    start_response('200 OK', [('Content-Type', 'text/plain')])
    return [text.encode()]
