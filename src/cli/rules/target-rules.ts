import type { ObservedApplication } from '../dashboards/application.js'
import { appears, levels, target } from './phases.js'
import type { AlertRule, RuleGroup } from './rule.js'

/** Alerts on promhive itself. */
export function targetRules({ has }: ObservedApplication, job: string | undefined): RuleGroup {
  const counting = has('promhive_writers')
  return {
    name: 'promhive',
    rules: [
      targetDown(job),
      ...(counting ? writerAlerts : []),
      ...(has('promhive_application_up') ? [applicationUnreadable] : []),
      ...(has('promhive_tls_certificate_not_after_timestamp_seconds') ? [certificateExpires] : []),
    ],
  }
}

function targetDown(job: string | undefined): AlertRule {
  const up = job === undefined ? 'up' : `up{job=${JSON.stringify(job)}}`
  const labels = { ...target, job: job ?? target.job }
  return {
    alert: 'PromhiveTargetDown',
    expr: `${up} == 0`,
    for: '1m',
    severity: 'critical',
    summary: 'Scrapes of {{ $labels.instance }} are not answered.',
    description:
      'The application is down, or the process that has the metrics port. Check whether it runs and whether Prometheus reaches the port; its counts are kept as long as one of its processes lives.',
    test: { series: [{ name: 'up', labels, values: levels(1, 0) }], labels },
  }
}

const writerAlerts: readonly AlertRule[] = [
  {
    alert: 'PromhiveNoWriters',
    expr: 'sum by (job, instance) (promhive_writers{state="live"}) == 0',
    for: '1m',
    severity: 'critical',
    summary: 'All processes of {{ $labels.instance }} have ended.',
    description:
      'A sidecar answers with the last numbers of an application that has ended. Start the application; `promhive inspect DIR` shows the last owner of each seat.',
    test: { series: [{ name: 'promhive_writers', labels: { state: 'live' }, values: levels(5, 0) }], labels: target },
  },
  {
    alert: 'PromhiveFileUnreadable',
    expr: 'promhive_unreadable_files > 0',
    for: '1m',
    severity: 'warning',
    summary: 'The metrics of {{ $labels.instance }} lack the contents of unreadable files ({{ $labels.reason }}).',
    description: 'Run `promhive doctor DIR`: it names the files, and says what to do.',
    test: {
      series: [{ name: 'promhive_unreadable_files', labels: { reason: 'damaged' }, values: levels(0, 1) }],
      labels: { ...target, reason: 'damaged' },
    },
  },
  {
    alert: 'PromhiveSeriesDropped',
    expr: 'promhive_dropped_series_total > 0',
    severity: 'warning',
    summary:
      'There is no space for {{ $value }} series of {{ $labels.instance }}: only the process that counts in them shows them.',
    description: 'The metrics directory is full. Enlarge its file system; the series then move to the directory.',
    test: {
      series: [{ name: 'promhive_dropped_series_total', values: levels(0, 2) }],
      labels: target,
      value: '2',
    },
  },
  {
    alert: 'PromhiveSeriesLimited',
    expr: increased('promhive_series_limited_total'),
    severity: 'warning',
    summary: '{{ $labels.metric }} of {{ $labels.instance }} has more label values than its maxSeries.',
    description:
      'Further values are counted under `_overflow`. A label has values that never repeat, such as an id, a path or a message. `promhive explain DIR` names the label: remove it, or raise maxSeries.',
    test: {
      series: [{ name: 'promhive_series_limited_total', labels: { metric: 'orders_total' }, values: appears(7) }],
      labels: { ...target, metric: 'orders_total' },
      firesAt: '22m',
    },
  },
  {
    alert: 'PromhiveErrors',
    expr: increased('promhive_errors_total'),
    severity: 'warning',
    summary: 'promhive reported {{ $labels.code }} in {{ $labels.instance }}, and continues.',
    description:
      'Look for the code in the log of the application: it printed a warning with the details, and what to do.',
    test: {
      series: [{ name: 'promhive_errors_total', labels: { code: 'COLLECT_FAILED' }, values: appears(1) }],
      labels: { ...target, code: 'COLLECT_FAILED' },
      firesAt: '22m',
    },
  },
]

/** A counter that begins above 0 has no increase yet, so the alert also fires when the series appears. */
function increased(name: string): string {
  return `increase(${name}[15m]) > 0\nor (${name} unless ${name} offset 15m)`
}

const applicationUnreadable: AlertRule = {
  alert: 'PromhiveApplicationUnreadable',
  expr: 'promhive_application_up == 0',
  for: '1m',
  severity: 'critical',
  summary: '{{ $labels.instance }} cannot read the metrics of {{ $labels.application }}.',
  description: 'Look for the reason in the log of `promhive serve`. Its other applications are shown.',
  test: {
    series: [
      { name: 'promhive_application_up', labels: { application: 'shop' }, values: levels(1, 1) },
      { name: 'promhive_application_up', labels: { application: 'blog' }, values: levels(1, 0) },
    ],
    labels: { ...target, application: 'blog' },
  },
}

const certificateExpires: AlertRule = {
  alert: 'PromhiveCertificateExpires',
  expr: 'promhive_tls_certificate_not_after_timestamp_seconds - time() < 7 * 24 * 3600',
  severity: 'warning',
  summary: 'The certificate {{ $labels.file }} of {{ $labels.instance }} expires in {{ $value | humanizeDuration }}.',
  description:
    'Renew it: scrapes of the metrics port fail once it has expired. A renewed file is reloaded automatically.',
  test: {
    series: [
      {
        name: 'promhive_tls_certificate_not_after_timestamp_seconds',
        labels: { file: '/etc/shop.pem' },
        // 2880 seconds are the time of the check.
        values: levels(2_000_000, 600_000 + 2880),
      },
    ],
    labels: { ...target, file: '/etc/shop.pem' },
    value: '6d 22h 40m 0s',
  },
}
