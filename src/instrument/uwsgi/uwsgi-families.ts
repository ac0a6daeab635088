import type { UwsgiApp, UwsgiCache, UwsgiCore, UwsgiSocket, UwsgiStatistics, UwsgiWorker } from './uwsgi-statistics.js'

/** A family of uwsgi_exporter: the part of its name after the subsystem, and its value. */
export interface UwsgiFamily<T> {
  readonly name: string
  readonly help: string
  readonly type: 'gauge' | 'counter'
  /** Returns undefined for a missing field. */
  readonly value: (statistics: T) => unknown
}

const microseconds = (value: number | undefined): number | undefined => (value === undefined ? undefined : value / 1e6)
const whether = (status: string | undefined, word: string): number | undefined =>
  status === undefined ? undefined : Number(status === word)

export const serverFamilies: readonly UwsgiFamily<UwsgiStatistics>[] = [
  gauge('uwsgi_listen_queue_length', 'Connections that wait to be accepted.', (server) => server.listen_queue),
  gauge('uwsgi_listen_queue_errors', 'Times that the listen queue was full.', (server) => server.listen_queue_errors),
  gauge('uwsgi_signal_queue_length', 'uWSGI signals that wait for the master.', (server) => server.signal_queue),
  gauge('uwsgi_workers', 'Workers, without those that stand by.', (server) => present(server.workers).length),
]

export const socketFamilies: readonly UwsgiFamily<UwsgiSocket>[] = [
  gauge('uwsgi_socket_queue_length', 'Connections that wait at a socket.', (socket) => socket.queue),
  gauge('uwsgi_socket_max_queue_length', 'Connections that may wait at a socket.', (socket) => socket.max_queue),
  gauge('uwsgi_socket_shared', '1 for a shared socket.', (socket) => socket.shared),
  gauge('uwsgi_socket_can_offload', '1 for a socket that can offload.', (socket) => socket.can_offload),
]

export const workerFamilies: readonly UwsgiFamily<UwsgiWorker>[] = [
  gauge('uwsgi_worker_accepting', '1 for a worker that accepts requests.', (worker) => worker.accepting),
  gauge('uwsgi_worker_delta_requests', 'Requests since the process was started.', (worker) => worker.delta_requests),
  gauge('uwsgi_worker_signal_queue_length', 'uWSGI signals that wait for a worker.', (worker) => worker.signal_queue),
  gauge('uwsgi_worker_rss_bytes', 'Resident memory of a worker.', (worker) => worker.rss),
  gauge('uwsgi_worker_vsz_bytes', 'Virtual memory of a worker.', (worker) => worker.vsz),
  gauge('uwsgi_worker_running_time_seconds', 'Time that a worker spent in requests.', (worker) =>
    microseconds(worker.running_time),
  ),
  gauge('uwsgi_worker_last_spawn_time_seconds', 'When a worker was last started.', (worker) => worker.last_spawn),
  gauge('uwsgi_worker_average_response_time_seconds', 'Mean duration of recent requests.', (worker) =>
    microseconds(worker.avg_rt),
  ),
  gauge('uwsgi_worker_apps', 'Applications that a worker has loaded.', (worker) => worker.apps?.length),
  gauge('uwsgi_worker_cores', 'Cores of a worker: threads, or what stands for them.', (worker) => worker.cores?.length),
  gauge('uwsgi_worker_busy', '1 for a worker that answers a request.', (worker) => whether(worker.status, 'busy')),
  gauge('uwsgi_worker_idle', '1 for a worker that waits for one.', (worker) => whether(worker.status, 'idle')),
  gauge('uwsgi_worker_cheap', '1 for a worker that is not started.', (worker) => whether(worker.status, 'cheap')),
  counter('uwsgi_worker_requests_total', 'Requests of a worker.', (worker) => worker.requests),
  counter('uwsgi_worker_exceptions_total', 'Exceptions of a worker.', (worker) => worker.exceptions),
  counter(
    'uwsgi_worker_harakiri_count_total',
    'Times that a worker was killed for a request that took too long.',
    (w) => w.harakiri_count,
  ),
  counter('uwsgi_worker_signals_total', 'uWSGI signals that a worker managed.', (worker) => worker.signals),
  counter('uwsgi_worker_respawn_count_total', 'Times that a worker was started.', (worker) => worker.respawn_count),
  counter('uwsgi_worker_transmitted_bytes_total', 'Bytes that a worker sent.', (worker) => worker.tx),
]

export const appFamilies: readonly UwsgiFamily<UwsgiApp>[] = [
  gauge('uwsgi_worker_app_startup_time_seconds', 'How long an application took to load.', (app) => app.startup_time),
  counter('uwsgi_worker_app_requests_total', 'Requests of an application.', (app) => app.requests),
  counter('uwsgi_worker_app_exceptions_total', 'Exceptions of an application.', (app) => app.exceptions),
]

export const coreFamilies: readonly UwsgiFamily<UwsgiCore>[] = [
  gauge('uwsgi_worker_core_busy', '1 for a core that answers a request.', (core) => core.in_request),
  counter('uwsgi_worker_core_requests_total', 'Requests of a core.', (core) => core.requests),
  counter('uwsgi_worker_core_static_requests_total', 'Requests for static files.', (core) => core.static_requests),
  counter('uwsgi_worker_core_routed_requests_total', 'Requests that were routed.', (core) => core.routed_requests),
  counter(
    'uwsgi_worker_core_offloaded_requests_total',
    'Requests that were offloaded.',
    (core) => core.offloaded_requests,
  ),
  counter('uwsgi_worker_core_write_errors_total', 'Answers that could not be written.', (core) => core.write_errors),
  counter('uwsgi_worker_core_read_errors_total', 'Requests that could not be read.', (core) => core.read_errors),
]

/** Hits, misses and full are counts, but their names do not show that: as counters, OpenMetrics would rename them. */
export const cacheFamilies: readonly UwsgiFamily<UwsgiCache>[] = [
  gauge('uwsgi_cache_hits', 'Items that a cache was asked for and had.', (cache) => cache.hits),
  gauge('uwsgi_cache_misses', 'Items that a cache was asked for and had not.', (cache) => cache.miss),
  gauge('uwsgi_cache_full', 'Times that a cache was full.', (cache) => cache.full),
  gauge('uwsgi_cache_items', 'Items in a cache.', (cache) => cache.items),
  gauge('uwsgi_cache_max_items', 'Items that a cache can hold.', (cache) => cache.max_items),
]

/** Slots of workers that uWSGI reserves have no number. */
export function present(workers: readonly UwsgiWorker[] = []): readonly UwsgiWorker[] {
  return workers.filter(({ id }) => id !== 0)
}

function gauge<T>(name: string, help: string, value: (statistics: T) => unknown): UwsgiFamily<T> {
  return { name, help, type: 'gauge', value }
}

function counter<T>(name: string, help: string, value: (statistics: T) => unknown): UwsgiFamily<T> {
  return { name, help, type: 'counter', value }
}
