import type { ObservedApplication } from '../application.js'
import { type FamilyPanel, panelsOf, type Section } from '../panel.js'
import { aggregate, dashboardScope, Queries } from '../queries.js'

const q = new Queries(dashboardScope)
const rate = (by: string, name: string, ...matchers: readonly string[]): string => q.sumRate([by], name, ...matchers)

const panels: readonly FamilyPanel[] = [
  [
    'promhive_exports_total',
    'Failed exports',
    'cps',
    q.orZero(rate('exporter', 'promhive_exports_total', 'result="failed"'), q.select('promhive_exports_total'), [
      'exporter',
    ]),
    '{{exporter}}',
    'Exports per second that failed. The next one sends again; the log has the reason (EXPORT_FAILED).',
  ],
  [
    'promhive_export_last_success_timestamp_seconds',
    'Time since the last export',
    's',
    `time() - ${aggregate('max', ['exporter'], q.select('promhive_export_last_success_timestamp_seconds'))}`,
    '{{exporter}}',
    'Time since a destination last took the numbers. It stays below the interval of the exporter, unless exports fail or no process exports.',
  ],
  [
    'promhive_exports_total',
    'Exports',
    'cps',
    q.orZero(rate('exporter', 'promhive_exports_total', 'result="ok"'), q.select('promhive_exports_total'), [
      'exporter',
    ]),
    '{{exporter}}',
    'Exports per second that a destination has taken.',
  ],
  [
    'promhive_exported_samples_total',
    'Exported values',
    'cps',
    rate('exporter', 'promhive_exported_samples_total'),
    '{{exporter}}',
    'Values per second that destinations have taken. It grows with the number of series, and what the destination costs may grow with it.',
  ],
  [
    'promhive_export_dropped_samples_total',
    'Values that were not exported',
    'cps',
    rate('exporter', 'promhive_export_dropped_samples_total'),
    '{{exporter}}',
    'Values per second that a destination refused, or that could not be sent. The log has the reason.',
  ],
  [
    'promhive_redis_forwards_total',
    'Forwards to Redis',
    'cps',
    rate('result', 'promhive_redis_forwards_total'),
    '{{result}}',
    'Expositions per second that were forwarded to Redis. The log has the reason of failed ones (FORWARD_FAILED).',
  ],
  [
    'promhive_pushes_total',
    'Pushes to a Pushgateway',
    'cps',
    rate('result', 'promhive_pushes_total'),
    '{{result}}',
    'Pushes per second. A failed one rejects with the reason (PUSH_FAILED).',
  ],
  [
    'promhive_targets_announced',
    'Announced targets',
    'short',
    aggregate('sum', ['by'], q.select('promhive_targets_announced')),
    '{{by}}',
    'Processes whose own target is announced. Below the number of workers, some cannot announce it: look for ANNOUNCE_FAILED in the log.',
  ],
  [
    'promhive_target_announcement_failures_total',
    'Outages of announcements',
    'short',
    `sum by (by) (increase(${q.select('promhive_target_announcement_failures_total')}[$__rate_interval]))`,
    '{{by}}',
    'How often a target could not be announced within the window, counted once per outage.',
  ],
]

/** What the application sends by itself, and whether it arrives. */
export function exportersSection({ has }: ObservedApplication): Section {
  return { title: 'Exporters', panels: panelsOf(panels, has) }
}
