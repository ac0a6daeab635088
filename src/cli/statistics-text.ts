import type { UwsgiStatistics, UwsgiWorker } from '../instrument/uwsgi/uwsgi-statistics.js'
import { inLine } from '../model/terminal-text.js'
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

/** Formats statistics as text: a line for the server, one for each of its sockets, one for each worker. */
export function statisticsText(statistics: UwsgiStatistics): string {
  const { version = '?', pid = '?' } = statistics
  // Another program wrote this, so types are checked.
  const sockets = listOf(statistics.sockets)
  const workers = listOf(statistics.workers)
  const waiting = sockets.map(({ name, queue, max_queue }) => {
    const most = max_queue ? ` of ${inLine(String(max_queue))}` : ''
    return `${inLine(String(name || '-'))}: ${inLine(String(queue ?? '?'))}${most} waiting`
  })
  const rows = (workers as readonly Worker[]).map((worker) => [
    String(worker.id ?? '-'),
    worker.pid ? String(worker.pid) : '-',
    String(worker.status ?? '-'),
    String(worker.state ?? '-'),
    figure(worker.requests),
    figure(worker.exceptions),
    worker.avg_rt === undefined ? '-' : `${(Number(worker.avg_rt) / 1000).toFixed(1)} ms`,
    worker.rss ? `${Math.round(worker.rss / 1024 / 1024)} MiB` : '-',
    dateOf(worker.last_spawn),
    figure(worker.respawn_count),
    figure(worker.harakiri_count),
  ])
  const busy = workers.filter(({ status }) => status === 'busy').length
  return [
    `version ${inLine(String(version))}, pid ${inLine(String(pid))}: ${workers.length} workers, ${busy} busy`,
    ...waiting,
    '',
    ...columns([head, ...rows], [0, 1, 4, 5, 6, 7, 9, 10]),
  ].join('\n')
}

function listOf<T extends object>(items: readonly T[] | undefined): readonly T[] {
  return Array.isArray(items) ? items.filter((each) => typeof each === 'object' && each !== null) : []
}

function dateOf(seconds: number | undefined): string {
  const date = new Date(Number(seconds) * 1000)
  return !seconds || Number.isNaN(date.getTime()) ? '-' : date.toISOString().slice(0, 19)
}

function figure(value: number | undefined): string {
  return value === undefined ? '-' : String(value)
}
