import type { ObservedApplication } from '../application.js'
import { type FamilyPanel, type Panel, panelsOf, type Section } from '../panel.js'
import { aggregate, dashboardScope, Queries } from '../queries.js'

const q = new Queries(dashboardScope)
const sum = (by: readonly string[], name: string): string => aggregate('sum', by, q.select(name))

const gauges: readonly FamilyPanel[] = [
  [
    'promhive_writers',
    'Writers',
    'short',
    sum(['state'], 'promhive_writers'),
    '{{state}}',
    'Processes and threads that count. Without live ones, the application has ended and a sidecar shows its last numbers.',
  ],
  [
    'promhive_series',
    'Series',
    'short',
    sum(['instance'], 'promhive_series'),
    '{{instance}}',
    'Series of the application. If it only rises, a label has values that never repeat: promhive explain shows which one.',
  ],
  [
    'promhive_scrape_duration_seconds',
    'Duration of scrapes',
    's',
    aggregate('max', ['instance'], q.select('promhive_scrape_duration_seconds')),
    '{{instance}}',
    'Time to read and merge all writers. It grows with the number of series and of processes.',
  ],
  [
    'promhive_store_bytes',
    'Size of the metrics directory',
    'bytes',
    sum(['instance'], 'promhive_store_bytes'),
    '{{instance}}',
    'Files that hold the values. Compare it with the space of their file system.',
  ],
  [
    'promhive_backend_up',
    'Backend',
    'short',
    aggregate('min', ['instance'], q.select('promhive_backend_up')),
    '{{instance}}',
    '1 if Redis, or another backend, answers. At 0, scrapes show the last known values, and no count is lost.',
  ],
  [
    'promhive_unreadable_files',
    'Unreadable files',
    'short',
    sum(['reason'], 'promhive_unreadable_files'),
    '{{reason}}',
    'Files of writers that cannot be read; their last good values are shown. promhive doctor names them.',
  ],
  [
    'promhive_redis_last_flush_age_seconds',
    'Age of the last flush to Redis',
    's',
    aggregate('max', ['writer'], q.select('promhive_redis_last_flush_age_seconds')),
    '{{writer}}',
    'Time since a live process last sent its counts. Above 10 s, Redis is slow, full or unreachable.',
  ],
  [
    'promhive_redis_writers',
    'Writers in Redis',
    'short',
    sum(['state'], 'promhive_redis_writers'),
    '{{state}}',
    'Processes of the service. Dead ones are added to the totals soon; if they stay, no process does it.',
  ],
  [
    'promhive_application_up',
    'Applications that can be read',
    'short',
    aggregate('min', ['application'], q.select('promhive_application_up')),
    '{{application}}',
    '1 if promhive serve can read the application. At 0, its log has the reason.',
  ],
  [
    'promhive_tls_certificate_not_after_timestamp_seconds',
    'Certificates expire in',
    's',
    `${aggregate('min', ['file'], q.select('promhive_tls_certificate_not_after_timestamp_seconds'))} - time()`,
    '{{file}}',
    'Time until the certificates of the metrics port expire. Renewed files are reloaded automatically.',
  ],
]

/** The counter appears with the first error. */
const errorsPanel: Panel = {
  title: 'Errors of promhive',
  description: 'Errors that promhive reported and continued after. The application printed a warning with the details.',
  unit: 'cps',
  queries: [
    {
      expr: q.orZero(q.sumRate(['code'], 'promhive_errors_total'), q.select('promhive_writers')),
      legend: '{{code}}',
    },
  ],
  stacked: true,
}

/** Name of the counter, title, label, description. */
const counters: readonly (readonly [string, string, string, string])[] = [
  [
    'promhive_scrapes_refused_total',
    'Refused scrapes',
    'reason',
    'Scrapes that the metrics port refused or cut off. Look for a second scraper, or one that reads slowly.',
  ],
  [
    'promhive_redis_flushes_total',
    'Flushes to Redis',
    'result',
    'Changes that were sent to Redis, by result. Failed ones are sent again.',
  ],
  [
    'promhive_hook_failures_total',
    'Failed hooks',
    'hook',
    'Hooks of promhive run that threw or did not end. The log has the error.',
  ],
]

/** promhive's metrics about itself. */
export function promhiveSection({ families, has }: ObservedApplication): Section {
  const labelled = (name: string, label: string): readonly string[] =>
    families.find(name)?.labels.has(label) ? [label] : ['instance']
  const panels: readonly Panel[] = [
    ...panelsOf(gauges, has),
    ...(has('promhive_writers') ? [errorsPanel] : []),
    ...counters
      .filter(([name]) => has(name))
      .map(([name, title, label, description]): Panel => {
        const by = labelled(name, label)
        return {
          title,
          description,
          unit: 'cps',
          queries: [{ expr: q.sumRate(by, name), legend: `{{${by[0]}}}` }],
          stacked: true,
        }
      }),
  ]
  return { title: 'promhive', panels }
}
