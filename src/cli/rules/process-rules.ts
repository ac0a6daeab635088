import type { ObservedApplication } from '../dashboards/application.js'
import { aggregate, Queries, ruleScope } from '../dashboards/queries.js'
import { levels, rises, target } from './phases.js'
import type { PrometheusRule, RuleGroup } from './rule.js'

const q = new Queries(ruleScope)
const perTarget = Object.keys(target)
const sum = (name: string): string => aggregate('sum', perTarget, q.select(name))

const loopTime = 'nodejs_eventloop_time_seconds_total'
const utilization = 'job_instance:nodejs_eventloop_utilization:ratio_rate5m'

/** Rules on the event loop, memory and descriptors; each pair needs the families on the left. */
const rules: readonly (readonly [families: readonly string[], rules: readonly PrometheusRule[]])[] = [
  [
    [loopTime],
    [
      {
        record: utilization,
        expr: `${q.sumRate(perTarget, loopTime, 'state="active"')} / ${q.sumRate(perTarget, loopTime)}`,
      },
      {
        alert: 'EventLoopsBusy',
        expr: `${utilization} > 0.9`,
        for: '10m',
        severity: 'warning',
        summary: 'The event loops of {{ $labels.instance }} are busy {{ $value | humanizePercentage }} of the time.',
        description:
          'Requests wait for each other. Add workers if processors are free, or add machines; a CPU profile (node --cpu-prof) shows the functions that take the time.',
        test: {
          series: [
            { name: loopTime, labels: { state: 'active' }, values: rises(3, 57) },
            { name: loopTime, labels: { state: 'idle' }, values: rises(57, 3) },
          ],
          labels: target,
          value: '95%',
        },
      },
    ],
  ],
  [
    ['nodejs_eventloop_lag_seconds'],
    [
      {
        alert: 'EventLoopLags',
        expr: `${aggregate('max', perTarget, q.select('nodejs_eventloop_lag_p99_seconds'))} > 0.5`,
        for: '5m',
        severity: 'warning',
        summary: 'The event loop of a worker of {{ $labels.instance }} is late by {{ $value | humanizeDuration }}.',
        description:
          'Synchronous work delays all requests of the worker: large JSON, regular expressions, cryptography, files. promhive run --timeout shows the line; move its work to a worker thread, or divide it.',
        test: {
          series: [{ name: 'nodejs_eventloop_lag_p99_seconds', values: levels(0.01, 2) }],
          labels: target,
          value: '2s',
        },
      },
    ],
  ],
  [
    ['process_resident_memory_bytes', 'process_cgroup_memory_limit_bytes'],
    [
      {
        alert: 'MemoryNearLimit',
        expr: `${sum('process_resident_memory_bytes')} / ${sum('process_cgroup_memory_limit_bytes')} > 0.9`,
        for: '10m',
        severity: 'warning',
        summary: '{{ $labels.instance }} uses {{ $value | humanizePercentage }} of the memory of its container.',
        description:
          'The kernel kills a worker when the limit is reached. Raise the limit, run fewer workers, or replace workers before that with --max-rss.',
        test: {
          series: [
            { name: 'process_resident_memory_bytes', values: levels(500, 950) },
            { name: 'process_cgroup_memory_limit_bytes', labels: { cgroup: 'c/1' }, values: levels(1000, 1000) },
          ],
          labels: target,
          value: '95%',
        },
      },
    ],
  ],
  [
    ['process_open_fds', 'process_max_fds'],
    [
      {
        alert: 'FileDescriptorsNearLimit',
        expr: `${sum('process_open_fds')} / ${sum('process_max_fds')} > 0.8`,
        for: '5m',
        severity: 'warning',
        summary: '{{ $labels.instance }} has {{ $value | humanizePercentage }} of its file descriptors open.',
        description:
          'Connections are refused when the limit is reached. Raise ulimit -n (LimitNOFILE in systemd), or look for connections and files that are not closed.',
        test: {
          series: [
            { name: 'process_open_fds', values: levels(100, 900) },
            { name: 'process_max_fds', values: levels(1000, 1000) },
          ],
          labels: target,
          value: '90%',
        },
      },
    ],
  ],
]

export function processRules({ has }: ObservedApplication): RuleGroup {
  const chosen = rules.filter(([families]) => families.every(has))
  return { name: 'promhive-process', rules: chosen.flatMap(([, each]) => each) }
}
