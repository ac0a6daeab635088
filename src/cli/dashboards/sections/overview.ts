import type { ObservedApplication } from '../application.js'
import type { Panel, PanelUnit, Section } from '../panel.js'
import { aggregate, dashboardScope, Queries } from '../queries.js'

const q = new Queries(dashboardScope)

/** The application at a glance, in single numbers. */
export function overviewSection({ http, has }: ObservedApplication): Section {
  const single = (title: string, unit: PanelUnit, expr: string, description: string): Panel => {
    return { title, unit, description, queries: [{ expr, legend: title }], single: true }
  }
  const panels: readonly (Panel | false | undefined)[] = [
    single(
      'Targets that answer',
      'short',
      aggregate('sum', [], q.select('up')),
      'Targets of Prometheus whose scrapes are answered. At 0, the application is down, or its metrics port is not reachable.',
    ),
    http &&
      single(
        'Requests per second',
        'reqps',
        q.requests([], http.requests),
        'Answered requests of all targets together.',
      ),
    http?.errors &&
      single(
        'Error ratio',
        'percentunit',
        q.errorRatio([], http.errors, http.requests),
        'The part of the requests that failed, over all targets.',
      ),
    http?.duration &&
      single(
        'p99 of the duration',
        's',
        q.quantile(0.99, [], http.duration.name),
        '99 of 100 requests were answered within this time.',
      ),
    has('promhive_writers') &&
      single(
        'Live processes',
        'short',
        aggregate('sum', [], q.select('promhive_writers', 'state="live"')),
        'Processes and threads that count: the workers, and the supervisor.',
      ),
    has('process_resident_memory_bytes') &&
      single(
        'Memory',
        'bytes',
        aggregate('sum', [], q.select('process_resident_memory_bytes')),
        'Resident memory of all processes together.',
      ),
  ]
  return { title: 'Overview', panels: panels.filter((panel): panel is Panel => Boolean(panel)) }
}
