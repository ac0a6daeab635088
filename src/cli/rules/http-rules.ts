import type { ObservedApplication } from '../dashboards/application.js'
import type { HttpFamily, HttpPreset } from '../dashboards/http-preset.js'
import { Queries, ruleScope } from '../dashboards/queries.js'
import { rises, target } from './phases.js'
import type { AlertRule, PrometheusRule, RecordingRule, RuleGroup, TestSeries } from './rule.js'

const q = new Queries(ruleScope)
const perTarget = Object.keys(target)

/** Rules on the requests of a server. Those of workers take precedence, because they include requests of killed workers. */
export function httpRules({ http, supervisor }: ObservedApplication): RuleGroup {
  const ofWorkers = supervisor !== undefined
  if (http === undefined || http.name === 'run' || (ofWorkers && supervisor.gunicorn && http.name === 'gunicorn'))
    return { name: 'promhive-http', rules: [] }
  const { duration } = http
  const route = duration?.label('route')
  return {
    name: 'promhive-http',
    rules: [
      ...(ofWorkers ? [] : requestRules(http, route !== undefined)),
      ...(duration !== undefined && route !== undefined ? routesSlow(duration, route) : []),
    ],
  }
}

/**
 * Rules on the requests of a target.
 *
 * @param byRoute whether other rules are on the durations of each route
 */
export function requestRules({ requests, errors, duration }: HttpPreset, byRoute: boolean): readonly PrometheusRule[] {
  const base = baseOf(requests)
  const rate: RecordingRule = {
    record: `job_instance:${base}:rate5m`,
    expr: q.requests(perTarget, requests),
  }
  return [
    rate,
    ...(errors === undefined ? [] : requestsFail(requests, errors)),
    ...(duration === undefined || byRoute ? [] : requestsSlow(duration)),
  ]
}

function requestsFail(requests: HttpFamily, errors: HttpFamily): readonly PrometheusRule[] {
  const record = `job_instance:${baseOf(requests)}:errors_ratio_rate5m`
  const alert: AlertRule = {
    alert: 'RequestsFail',
    expr: `${record} > 0.05`,
    for: '5m',
    severity: 'critical',
    summary: '{{ $value | humanizePercentage }} of the requests to {{ $labels.instance }} fail.',
    description: `Roll back if it began with a deployment. Otherwise query ${q.requests(errorLabels(errors), errors)} for where they fail, and look for the errors in the log.`,
    test: {
      series: failingSeries(requests, errors),
      labels: target,
      value: '10%',
    },
  }
  return [{ record, expr: q.errorRatio(perTarget, errors, requests) }, alert]
}

function errorLabels(errors: HttpFamily): readonly string[] {
  const labels = (['route', 'errorType', 'status'] as const).map((fact) => errors.label(fact))
  return labels.filter((label) => label !== undefined)
}

/** One in ten requests fails in the second phase. */
function failingSeries(requests: HttpFamily, errors: HttpFamily): readonly TestSeries[] {
  if (errors.name !== requests.name)
    return [
      { name: requests.name, values: rises(1000, 1000) },
      { name: errors.name, values: rises(1, 100) },
    ]
  const type = errors.label('errorType')
  const status = errors.label('status')
  const failed = type === undefined ? { [status!]: '500' } : { [type]: '500' }
  return [
    { name: requests.name, labels: status === undefined ? {} : { [status]: '200' }, values: rises(900, 900) },
    { name: requests.name, labels: failed, values: rises(1, 100) },
  ]
}

function requestsSlow({ name }: HttpFamily): readonly PrometheusRule[] {
  const record = `job_instance:${name}:p99_5m`
  const alert: AlertRule = {
    alert: 'RequestsSlow',
    expr: `${record} > 1`,
    for: '10m',
    severity: 'warning',
    summary: 'One in a hundred requests to {{ $labels.instance }} takes longer than {{ $value | humanizeDuration }}.',
    description:
      'Check whether event loops are blocked or the processor is busy; otherwise a database or another server is slow. promhive/register adds the durations of each route.',
    test: { series: slowSeries(name, {}), labels: target, value: '2.98s' },
  }
  return [{ record, expr: q.quantile(0.99, perTarget, name) }, alert]
}

function routesSlow({ name }: HttpFamily, route: string): readonly PrometheusRule[] {
  const record = `job_route:${name}:p99_5m`
  const alert: AlertRule = {
    alert: 'RoutesSlow',
    expr: `${record} > 1`,
    for: '10m',
    severity: 'warning',
    summary: `One in a hundred requests to {{ $labels.${route} }} takes longer than {{ $value | humanizeDuration }}.`,
    description:
      'If it is one route, look at what its handler waits for: a query, another server, or work of its own. If it is all of them, check whether event loops are blocked or the processor is busy.',
    test: {
      series: slowSeries(name, { [route]: '/slow' }),
      labels: { job: target.job, [route]: '/slow' },
      value: '2.98s',
    },
  }
  return [{ record, expr: q.quantile(0.99, ['job', route], name) }, alert]
}

/** One in a hundred requests takes from one to three seconds in the second phase, at first all are faster. */
function slowSeries(name: string, labels: Readonly<Record<string, string>>): readonly TestSeries[] {
  const bucket = (le: string, values: string): TestSeries => ({
    name: `${name}_bucket`,
    labels: { ...labels, le },
    values,
  })
  return [bucket('1', rises(1000, 10, 1000)), bucket('3', rises(1000, 1000)), bucket('+Inf', rises(1000, 1000))]
}

/** The name of the requests in recorded names: without the ending of a counter. */
function baseOf({ name }: HttpFamily): string {
  return name.replace(/_(total|count)$/, '')
}
