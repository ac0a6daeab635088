import { renameSync } from 'node:fs'
import { createServer } from 'node:http'
import { join } from 'node:path'
import { describe, expect } from 'vitest'
import { observedApplication } from '../../../src/cli/dashboards/application.js'
import { dashboardOf } from '../../../src/cli/dashboards/dashboard.js'
import { type ShownFamilies, shownFamilies } from '../../../src/cli/dashboards/shown-families.js'
import { ruleGroups } from '../../../src/cli/rules/rule-groups.js'
import { rulesText } from '../../../src/cli/rules/rules-text.js'
import { type Dashboard, sentQueries } from '../../helpers/dashboard.js'
import { freePort } from '../../helpers/processes/port.js'
import { test } from '../../helpers/processes/stage.js'
import { SupervisedApplication } from '../../helpers/processes/supervised.js'
import { until } from '../../helpers/processes/until.js'
import { hasPrometheus, PrometheusServer } from '../../helpers/prometheus-server.js'

const timeout = 120_000
const app = '../../cli/dashboards/programs/shop.mjs'

describe.skipIf(!hasPrometheus)('with a real Prometheus and a real application (needs Debian’s prometheus)', () => {
  test('every query returns data, and alerts fire and stop', { timeout }, async ({ stage }) => {
    const [folder, collector, closed] = [stage.folder(), await freePort(), await freePort()]
    const exporters = {
      textFile: { path: join(folder, 'shop.prom'), interval: 0.5 },
      otlp: { metricsEndpoint: `http://127.0.0.1:${collector}/v1/metrics`, interval: 0.5 },
    }
    const [shop, other] = await Promise.all([
      SupervisedApplication.start(stage, {
        app,
        args: ['--workers', '2', '--register'],
        env: {
          PROMHIVE_HTTP_NAMES: 'prometheus,opentelemetry,flask',
          PROMHIVE_EXPORTERS: JSON.stringify(exporters),
          PROMHIVE_WORKER_PORTS: '0',
          CLOSED_PORT: String(closed),
        },
      }),
      SupervisedApplication.start(stage, {
        app,
        args: ['--workers', '2', '--compat', 'gunicorn', '--host', '127.0.0.1', '--dir', stage.directory()],
      }),
    ])
    const traffic = repeatedly(() =>
      Promise.all([shop, other].flatMap((each) => ['/', '/outgoing', '/fail', '/visit'].map((path) => each.ask(path)))),
    )
    await until(
      async () => missingIn(await shop.scrapeText()),
      (missing) => missing.length === 0,
    )
    const families = await familiesOf(shop)
    const rules = soon(rulesText(ruleGroups(observedApplication(families), 'shop')))
    const prometheus = await PrometheusServer.start(stage, [shop.url, other.url], rules)

    // The same Prometheus answers the queries of all presets.
    const applications = [
      ...['prometheus', 'opentelemetry', 'flask', 'run'].map((preset) => observedApplication(families, preset)),
      observedApplication(await familiesOf(other)),
    ]
    expect(applications.map(({ http }) => http?.name)).toEqual([
      'prometheus',
      'opentelemetry',
      'flask',
      'run',
      'gunicorn',
    ])
    const queries = new Set(applications.flatMap((each) => sentQueries(dashboardOf(each, 'Shop') as Dashboard, '4s')))
    expect(queries.size).toBeGreaterThan(100)
    expect([...queries].filter((query) => query.includes('$'))).toEqual([])
    for (const name of [
      'promhive_exported_samples_total',
      'promhive_pushes_total',
      'shop_orders_total',
      'shop_order_value_euros_bucket',
      'shop_carts',
      'gunicorn_worker_state',
    ]) {
      expect([...queries].join()).toContain(name)
    }
    await until(
      () => withoutData(prometheus, [...queries]),
      (empty) => empty.length === 0,
    )
    // These families appear with their cause, and this one is compared with a time.
    const rare = /promhive_unreadable_files|promhive_errors_total|_last_success_timestamp/
    const compared = comparedIn(rules).filter((expr) => !rare.test(expr))
    await until(
      () => withoutData(prometheus, compared),
      (empty) => empty.length === 0,
    )

    // One request in four fails.
    await fires(prometheus, 'PromhiveTargetDown', false)
    await fires(prometheus, 'RequestsFail', true)
    await fires(prometheus, 'PromhiveSeriesLimited', true)
    await fires(prometheus, 'PromhiveExportsFail', true)
    await fires(prometheus, 'PromhiveForwardsFail', true)
    await fires(prometheus, 'PromhiveExportsLate', false)
    const received = createServer((_, response) => response.end()).listen(collector, '127.0.0.1')
    stage.after(() => void received.close())
    await fires(prometheus, 'PromhiveExportsFail', false)
    renameSync(folder, `${folder}-away`)
    await fires(prometheus, 'PromhiveExportsLate', true)
    renameSync(`${folder}-away`, folder)
    await fires(prometheus, 'PromhiveExportsLate', false)
    await traffic.stop()
    const well = repeatedly(() => shop.ask('/'))
    other.signal('SIGSTOP')
    await fires(prometheus, 'PromhiveTargetDown', true)
    other.signal('SIGCONT')
    await fires(prometheus, 'PromhiveTargetDown', false)
    await fires(prometheus, 'RequestsFail', false)
    await well.stop()
  })
})

async function familiesOf({ url }: SupervisedApplication): Promise<ShownFamilies> {
  const response = await fetch(url, { headers: { accept: 'application/openmetrics-text' } })
  return shownFamilies(await response.text(), url)
}

/** Samples of what the application has sent: a request, an export that failed, and one that did not. */
const sentTo = [
  'http_outgoing_request_duration_seconds_count',
  'promhive_exports_total{exporter="otlp",result="failed"}',
  'promhive_exports_total{exporter="textFile",result="ok"}',
  'promhive_redis_forwards_total{result="failed"}',
  'promhive_pushes_total{result="failed"}',
  'promhive_targets_announced{by="directory"} 2',
]

function missingIn(text: string): readonly string[] {
  return sentTo.filter((sample) => !text.includes(sample))
}

/** Rules that need seconds instead of minutes. */
function soon(rules: string): string {
  return rules
    .replaceAll('[5m]', '[2s]')
    .replaceAll(/for: \d+m/g, 'for: 500ms')
    .replace('> 3600', '> 3')
}

/** Of each rule: what it records, or what it compares with a threshold. */
function comparedIn(rules: string): readonly string[] {
  const single = [...rules.matchAll(/ expr: (\S.*)$/gm)].map(([, expr]) => expr!).filter((expr) => expr !== '|-')
  const blocks = [...rules.matchAll(/ expr: \|-\n((?: {10}.*\n)+)/g)].map(([, expr]) => expr!)
  const records = [...rules.matchAll(/record: (.*)$/gm)].map(([, name]) => name!)
  expect(single.length + blocks.length).toBeGreaterThan(15)
  const compared = single.map((expr) =>
    expr
      .replace(/^"|"$/g, '')
      .replaceAll('\\"', '"')
      .replace(/ (?:==|>|<) [\d.* ]+$/, ''),
  )
  return [...records, ...compared, ...blocks]
}

async function withoutData(prometheus: PrometheusServer, expressions: readonly string[]): Promise<readonly string[]> {
  const values = await Promise.all(expressions.map((expression) => prometheus.values(expression)))
  return expressions.filter((_, i) => values[i]!.length === 0)
}

function fires(prometheus: PrometheusServer, alertname: string, firing: boolean): Promise<unknown> {
  return until(
    () => prometheus.values(`ALERTS{alertname="${alertname}", alertstate="firing", instance!=""}`),
    (alerts) => alerts.length > 0 === firing,
  )
}

function repeatedly(send: () => Promise<unknown>): { stop(): Promise<void> } {
  let stopped = false
  const ended = (async () => {
    while (!stopped) {
      await send().catch(() => {})
      await new Promise((resolve) => setTimeout(resolve, 100))
    }
  })()
  return {
    async stop() {
      stopped = true
      await ended
    },
  }
}
