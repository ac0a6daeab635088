import type { ObservedApplication } from '../dashboards/application.js'
import { ages, levels, rises, target } from './phases.js'
import type { AlertRule, RuleGroup } from './rule.js'

/** Alerts on backends and exporters; each needs the family on the left. */
const alerts: readonly (readonly [family: string, alert: AlertRule])[] = [
  [
    'promhive_backend_up',
    {
      alert: 'PromhiveBackendDown',
      expr: 'promhive_backend_up == 0',
      for: '1m',
      severity: 'warning',
      summary: 'The backend of {{ $labels.instance }} does not answer.',
      description:
        'Check whether Redis, or the other backend, runs and is reachable. Requests are not affected, and no count is lost as long as the processes live. Scrapes show the last known values.',
      test: { series: [{ name: 'promhive_backend_up', values: levels(1, 0) }], labels: target },
    },
  ],
  [
    'promhive_redis_last_flush_age_seconds',
    {
      alert: 'PromhiveFlushesLate',
      expr: 'promhive_redis_last_flush_age_seconds{writer="oldest"} > 10',
      for: '1m',
      severity: 'warning',
      summary: 'A process of {{ $labels.job }} has not reached Redis for {{ $value | humanizeDuration }}.',
      description:
        'Redis is slow, full or away. Nothing is lost as long as the process lives; see the runbook in docs/redis.md.',
      test: {
        series: [
          { name: 'promhive_redis_last_flush_age_seconds', labels: { writer: 'newest' }, values: levels(1, 1) },
          { name: 'promhive_redis_last_flush_age_seconds', labels: { writer: 'oldest' }, values: levels(1, 14) },
        ],
        labels: { ...target, writer: 'oldest' },
        value: '14s',
      },
    },
  ],
  [
    'promhive_redis_unreadable_entries',
    {
      alert: 'PromhiveEntriesUnreadable',
      expr: 'promhive_redis_unreadable_entries > 0',
      for: '5m',
      severity: 'warning',
      summary: 'Redis has {{ $value }} entries of {{ $labels.job }} that this version of promhive cannot read.',
      description: 'Finish the rollout of the later version, or remove what another program wrote under the prefix.',
      test: {
        series: [{ name: 'promhive_redis_unreadable_entries', values: levels(0, 2) }],
        labels: target,
        value: '2',
      },
    },
  ],
  [
    'promhive_redis_writers',
    {
      alert: 'PromhiveDeadStay',
      expr: 'promhive_redis_writers{state="dead"} > 0',
      for: '10m',
      severity: 'warning',
      summary: 'The counts of {{ $value }} dead processes of {{ $labels.job }} are not added to the totals.',
      description: 'Run promhive serve --redis beside jobs; else look for FLUSH_FAILED in the logs.',
      test: {
        series: [
          { name: 'promhive_redis_writers', labels: { state: 'live' }, values: levels(4, 1) },
          { name: 'promhive_redis_writers', labels: { state: 'dead' }, values: levels(0, 3) },
        ],
        labels: { ...target, state: 'dead' },
        value: '3',
      },
    },
  ],
  [
    'promhive_exports_total',
    {
      alert: 'PromhiveExportsFail',
      expr: onlyFailed('promhive_exports_total', 'job, instance, exporter'),
      for: '5m',
      severity: 'warning',
      summary:
        'No export of {{ $labels.exporter }} from {{ $labels.instance }} has succeeded for a quarter of an hour.',
      description:
        'Look for EXPORT_FAILED in the log of the application, which has the reason, and whether the destination runs and is reachable.',
      test: {
        series: [
          {
            name: 'promhive_exports_total',
            labels: { exporter: 'statsd', result: 'ok' },
            values: rises(1, 0),
          },
          {
            name: 'promhive_exports_total',
            labels: { exporter: 'statsd', result: 'failed' },
            values: rises(0, 1),
          },
        ],
        labels: { ...target, exporter: 'statsd' },
      },
    },
  ],
  [
    'promhive_export_last_success_timestamp_seconds',
    {
      alert: 'PromhiveExportsLate',
      // An exporter that was switched off keeps its last success in the directory: its alert ends within a day.
      expr: [
        'time() - max by (job, instance, exporter) (promhive_export_last_success_timestamp_seconds) > 3600',
        'and sum by (job, instance, exporter) (increase(promhive_exports_total[1d])) > 0',
      ].join('\n'),
      for: '5m',
      severity: 'warning',
      summary:
        'The destination of {{ $labels.exporter }} has received nothing from {{ $labels.instance }} for {{ $value | humanizeDuration }}.',
      description:
        'If PromhiveExportsFail fires as well, its log has the reason. Otherwise no process exports: check whether the application, or promhive serve, still starts this exporter.',
      test: {
        series: [
          {
            name: 'promhive_export_last_success_timestamp_seconds',
            labels: { exporter: 'otlp' },
            values: ages(0, 7200),
          },
          { name: 'promhive_exports_total', labels: { exporter: 'otlp', result: 'ok' }, values: rises(1, 0) },
        ],
        labels: { ...target, exporter: 'otlp' },
        value: '2h 0m 0s',
      },
    },
  ],
  [
    'promhive_redis_forwards_total',
    {
      alert: 'PromhiveForwardsFail',
      expr: onlyFailed('promhive_redis_forwards_total', 'job, instance'),
      for: '5m',
      severity: 'warning',
      summary: 'No forward to Redis from {{ $labels.instance }} has succeeded for a quarter of an hour.',
      description:
        'Look for FORWARD_FAILED in the log of the application, which has the reason, and whether Redis runs and is reachable.',
      test: {
        series: [
          { name: 'promhive_redis_forwards_total', labels: { result: 'ok' }, values: rises(1, 0) },
          { name: 'promhive_redis_forwards_total', labels: { result: 'failed' }, values: rises(0, 1) },
        ],
        labels: target,
      },
    },
  ],
]

export function deliveryRules({ has }: ObservedApplication): RuleGroup {
  return { name: 'promhive-delivery', rules: alerts.filter(([family]) => has(family)).map(([, alert]) => alert) }
}

/** Attempts failed within a quarter of an hour, and none succeeded. */
function onlyFailed(counter: string, by: string): string {
  return [
    `sum by (${by}) (increase(${counter}{result="failed"}[15m])) > 0`,
    `unless sum by (${by}) (increase(${counter}{result="ok"}[15m])) > 0`,
  ].join('\n')
}
