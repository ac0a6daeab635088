import type { MetricNaming } from '../../supervisor/gunicorn/metric-naming.js'
import { type ObservedApplication, runNaming } from '../dashboards/application.js'
import { httpPreset } from '../dashboards/http-preset.js'
import { requestRules } from './http-rules.js'
import { levels, rises, target } from './phases.js'
import type { AlertRule, RuleGroup } from './rule.js'

/** Alerts on the workers of `promhive run`. */
export function workerRules({ supervisor, http }: ObservedApplication): RuleGroup {
  if (supervisor === undefined) return { name: 'promhive-run', rules: [] }
  const requests = httpPreset('run', runNaming(supervisor), undefined)
  return {
    name: 'promhive-run',
    rules: [
      ...(supervisor.gunicorn ? [] : [workersBlocked(supervisor)]),
      workersDown(supervisor),
      workersCrash(supervisor),
      ...requestRules(requests, http?.duration?.label('route') !== undefined),
    ],
  }
}

function workersBlocked({ worker }: MetricNaming): AlertRule {
  const family = `${worker}state`
  const state = (worker_id: string): { readonly name: string; readonly labels: Readonly<Record<string, string>> } => {
    return { name: family, labels: { worker_id, [family]: 'blocked' } }
  }
  return {
    alert: 'WorkersBlocked',
    expr: `sum by (job, instance) (${family}{${family}="blocked"}) > 0`,
    for: '15s',
    severity: 'warning',
    summary: 'The event loop of {{ $value }} workers of {{ $labels.instance }} is blocked.',
    description:
      'Look into the log: after --timeout, it shows the line that blocks each worker, and the worker is replaced. Move the work of that line to a worker thread, or divide it.',
    test: {
      series: [
        { ...state('1'), values: levels(0, 1) },
        { ...state('2'), values: levels(0, 1) },
      ],
      labels: target,
      value: '2',
    },
  }
}

function workersDown({ worker, gunicorn }: MetricNaming): AlertRule {
  const family = `${worker}state`
  const selector = gunicorn ? `${family}{state="stopped"}` : `${family}{${family}="down"}`
  const labels = gunicorn ? { state: 'stopped', timestamp: '0' } : { [family]: 'down' }
  return {
    alert: 'WorkersDown',
    expr: `sum by (job, instance) (${selector}) > 0`,
    for: '2m',
    severity: 'warning',
    summary: '{{ $value }} workers of {{ $labels.instance }} have no process.',
    description:
      'They end soon after each start, so the supervisor pauses before the next one. Look for the end of the worker in the log, and roll back the last deployment.',
    test: {
      series: [{ name: family, labels: { worker_id: '1', ...labels }, values: levels(0, 1) }],
      labels: target,
      value: '1',
    },
  }
}

function workersCrash({ primary, gunicorn }: MetricNaming): AlertRule {
  const family = gunicorn ? `${primary}worker_restart_total` : `${primary}worker_restarts_total`
  return {
    alert: 'WorkersCrash',
    expr: `sum by (job, instance) (increase(${family}{reason=~"exit|start_failed|timeout|oom|signal"}[15m])) > 3`,
    severity: 'critical',
    summary:
      '{{ $value | humanize }} workers of {{ $labels.instance }} ended unexpectedly within a quarter of an hour.',
    description: `The label reason of ${family} shows the cause, and the log has the last lines of each worker: oom needs more memory or a lower --max-rss, timeout names the line that blocks, exit and start_failed have an error.`,
    test: {
      series: [
        // Reloads do not count.
        { name: family, labels: { reason: 'reload' }, values: rises(1, 1) },
        { name: family, labels: { reason: 'exit' }, values: rises(0, 0.25) },
      ],
      labels: target,
      value: '15',
    },
  }
}
