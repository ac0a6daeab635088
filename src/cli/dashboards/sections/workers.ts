import type { ObservedApplication } from '../application.js'
import type { Panel, Section } from '../panel.js'
import { aggregate, dashboardScope, Queries } from '../queries.js'

const q = new Queries(dashboardScope)
const byWorker = ['instance', 'worker_id']
const legend = '{{instance}} {{worker_id}}'

/** The workers of `promhive run`. */
export function workersSection({ supervisor, has }: ObservedApplication): Section {
  if (supervisor === undefined) return { title: 'Workers', panels: [] }
  const { worker, primary, gunicorn } = supervisor
  const restarts = gunicorn ? `${primary}worker_restart_total` : `${primary}worker_restarts_total`
  const state = `${worker}state`
  const requests = q.rate(`${worker}requests_total`)
  const candidates: readonly (readonly [family: string, panel: Panel])[] = [
    [
      state,
      {
        title: 'Workers by state',
        description:
          'How many workers are starting, running, blocked or down. A blocked worker answers nothing; the log names the line that blocks it.',
        unit: 'short',
        queries: [
          gunicorn
            ? { expr: `count by (state) (${q.select(state)} == 1)`, legend: '{{state}}' }
            : { expr: aggregate('sum', [state], q.select(state)), legend: `{{${state}}}` },
        ],
        stacked: true,
      },
    ],
    [
      restarts,
      {
        title: 'Restarts by reason',
        description:
          'Workers that were replaced within the window. reload, max_requests and max_rss are planned; for the others, look for the end of the worker in the log.',
        unit: 'short',
        queries: [
          {
            expr: aggregate('sum', ['reason'], `increase(${q.select(restarts)}[$__rate_interval])`),
            legend: '{{reason}}',
          },
        ],
        stacked: true,
      },
    ],
    [
      `${worker}requests_total`,
      {
        title: 'Requests per second by worker',
        description: 'Failed requests included. Connections are distributed in turn, so all workers get about as many.',
        unit: 'reqps',
        queries: [{ expr: q.sumRate(byWorker, `${worker}requests_total`), legend }],
      },
    ],
    [
      `${worker}requests_total`,
      {
        title: 'Failed requests by worker',
        description:
          'Requests per second with a status of 500 or above, or without an answer. If one worker has them all, it is in a bad state: replace it with a reload (SIGHUP).',
        unit: 'reqps',
        queries: [
          { expr: q.orZero(q.sumRate(byWorker, `${worker}failed_requests_total`), requests, byWorker), legend },
        ],
      },
    ],
    [
      `${worker}requests_total`,
      {
        title: 'Errors of workers by type',
        description:
          'Errors per second. timeout, oom, killed and exit are requests of a worker that ended before it answered.',
        unit: 'cps',
        queries: [
          {
            expr: q.orZero(q.sumRate(['error_type'], `${worker}error_handling_total`), requests),
            legend: '{{error_type}}',
          },
        ],
      },
    ],
    [
      `${worker}requests_in_flight`,
      {
        title: 'Requests in progress by worker',
        description: 'If one worker has many more than the others, its event loop is blocked or its requests wait.',
        unit: 'short',
        queries: [{ expr: aggregate('sum', byWorker, q.select(`${worker}requests_in_flight`)), legend }],
      },
    ],
    [
      `${worker}memory_bytes`,
      {
        title: 'Memory by worker',
        description:
          'Resident memory. If it rises until the worker is replaced, the application has a leak; --max-rss limits it.',
        unit: 'bytes',
        queries: [{ expr: aggregate('sum', byWorker, q.select(`${worker}memory_bytes`)), legend }],
      },
    ],
    [
      `${worker}cpu_seconds_total`,
      {
        title: 'CPU by worker',
        description: 'Processors in use. A worker near 1 is at its limit: add workers, or make the requests cheaper.',
        unit: 'percentunit',
        queries: [{ expr: q.sumRate(byWorker, `${worker}cpu_seconds_total`), legend }],
      },
    ],
    [
      `${worker}uptime_seconds`,
      {
        title: 'Uptime by worker',
        description: 'Time since the worker was started. Many short lives are crashes, or limits that are too low.',
        unit: 's',
        queries: [{ expr: aggregate('max', byWorker, q.select(`${worker}uptime_seconds`)), legend }],
      },
    ],
  ]
  return { title: 'Workers', panels: candidates.filter(([family]) => has(family)).map(([, panel]) => panel) }
}
