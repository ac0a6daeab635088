import type { UwsgiStatistics, UwsgiWorker } from '../instrument/uwsgi/uwsgi-statistics.js'
import type { WorkerStatistics } from '../supervisor/statistics.js'
import { columns } from './columns.js'

type Worker = UwsgiWorker & Partial<Pick<WorkerStatistics, 'state'>>

const head = [
  'worker',
  'pid',
  'status',
  'state',
  'requests',
  'failed',
  'mean',
  'memory',
  'started',
  'times',
  'killed',
] as const

/** Statistics for people: a line for the server, one for each of its sockets, one for each worker. */
export function statisticsText(told: UwsgiStatistics): string {
  const { version = '?', pid = '?', sockets = [], workers = [] } = told
  const waiting = sockets.map(({ name, queue, max_queue }) => {
    const most = max_queue ? ` of ${max_queue}` : ''
    return `${name || '-'}: ${queue ?? '?'}${most} waiting`
  })
  const rows = (workers as readonly Worker[]).map((worker) => [
    String(worker.id ?? '-'),
    worker.pid ? String(worker.pid) : '-',
    worker.status ?? '-',
    worker.state ?? '-',
    figure(worker.requests),
    figure(worker.exceptions),
    worker.avg_rt === undefined ? '-' : `${(worker.avg_rt / 1000).toFixed(1)} ms`,
    worker.rss ? `${Math.round(worker.rss / 1024 / 1024)} MiB` : '-',
    worker.last_spawn ? new Date(worker.last_spawn * 1000).toISOString().slice(0, 19) : '-',
    figure(worker.respawn_count),
    figure(worker.harakiri_count),
  ])
  const busy = workers.filter(({ status }) => status === 'busy').length
  return [
    `version ${version}, pid ${pid}: ${workers.length} workers, ${busy} busy`,
    ...waiting,
    '',
    ...columns([head, ...rows], [0, 1, 4, 5, 6, 7, 9, 10]),
  ].join('\n')
}

function figure(value: number | undefined): string {
  return value === undefined ? '-' : String(value)
}
