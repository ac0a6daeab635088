import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { describe, expect } from 'vitest'
import { observedApplication } from '../../../src/cli/dashboards/application.js'
import { dashboardOf } from '../../../src/cli/dashboards/dashboard.js'
import { shownFamilies } from '../../../src/cli/dashboards/shown-families.js'
import { namings } from '../../../src/instrument/http/naming/namings.js'
import type { Dashboard, DashboardPanel } from '../../helpers/dashboard.js'
import { sentQueries } from '../../helpers/dashboard.js'
import { promhive } from '../../helpers/processes/command.js'
import { test } from '../../helpers/processes/stage.js'

const plain = `# HELP http_request_duration_seconds Durations.
# TYPE http_request_duration_seconds histogram
http_request_duration_seconds_bucket{route="/",status_code="200",le="0.1"} 1
http_request_duration_seconds_bucket{route="/",status_code="200",le="+Inf"} 2
http_request_duration_seconds_sum{route="/",status_code="200"} 1
http_request_duration_seconds_count{route="/",status_code="200"} 2
# TYPE jobs_total counter
jobs_total{queue="a \\"b\\", {c}"} 3
jobs_total{queue="d"} 3
# TYPE build_info gauge
build_info{version="1"} 1
`

const made = (text: string, preset?: string): Dashboard =>
  dashboardOf(observedApplication(shownFamilies(text, 'a text'), preset), 'The shop') as Dashboard

describe('a dashboard', () => {
  test.for(Object.keys(namings))('of the preset %s has panels with descriptions, each in its own position', (name) => {
    const { panels } = made(expositionOf(name as keyof typeof namings), name)
    expect(panels.filter(({ type }) => type !== 'row').length).toBeGreaterThan(4)
    expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length)
    expect(panels.filter(({ type, description = '' }) => type !== 'row' && description.length < 20)).toEqual([])
    expect(overlaps(panels)).toEqual([])
    expect(panels.filter(({ gridPos: { x, w } }) => x + w > 24)).toEqual([])
    for (const { targets = [] } of panels) {
      expect(new Set(targets.map(({ refId }) => refId)).size).toBe(targets.length)
    }
  })

  test('asks for the data source at an import, and selects jobs and instances by variables', () => {
    const { __inputs, templating, schemaVersion, uid, panels } = made(plain) as Dashboard & Record<string, unknown>
    expect(__inputs).toMatchObject([{ name: 'DS_PROMETHEUS', type: 'datasource', pluginId: 'prometheus' }])
    expect(templating.list.map(({ name }) => name)).toEqual(['datasource', 'job', 'instance'])
    expect(templating.list[0]).toMatchObject({
      type: 'datasource',
      current: { value: ['$', '{DS_PROMETHEUS}'].join('') },
    })
    expect([schemaVersion, uid]).toEqual([41, 'the-shop'])
    const sources = panels.flatMap(({ targets = [] }) =>
      targets.map((target) => (target as { datasource?: unknown }).datasource),
    )
    expect(new Set(sources.map((each) => JSON.stringify(each)))).toEqual(
      new Set(['{"type":"prometheus","uid":"$datasource"}']),
    )
    for (const { targets = [] } of panels) {
      for (const { expr } of targets) expect(expr).toContain('{job=~"$job", instance=~"$instance"')
    }
  })

  test('has panels for the families of an application that does not use promhive', () => {
    const queries = sentQueries(made(plain), '1m')
    // Without a counter of requests and of errors.
    const failed = 'http_request_duration_seconds_count{job=~".+", instance=~".+", status_code=~"5.."}'
    expect(queries.filter((query) => query.includes(failed)).length).toBeGreaterThan(1)
    expect(queries).toContain('topk(10, sum by (queue) (rate(jobs_total{job=~".+", instance=~".+"}[1m])))')
    expect(queries.filter((query) => query.includes('promhive_') || query.includes('nodejs_'))).toEqual([])
  })

  test('has a row of exporters if the application has any', () => {
    const rowsOf = (text: string): readonly string[] =>
      made(text)
        .panels.filter(({ type }) => type === 'row')
        .map(({ title }) => title)
    const sends = '# TYPE promhive_exports_total counter\npromhive_exports_total{exporter="otlp",result="ok"} 3\n'
    expect(rowsOf(plain)).not.toContain('Exporters')
    expect(rowsOf(`${plain}${sends}`).filter((title) => title === 'Exporters')).toHaveLength(1)
    const failed = 'promhive_exports_total{job=~".+", instance=~".+", result="failed"}'
    const present = 'promhive_exports_total{job=~".+", instance=~".+"}'
    // A healthy exporter has a line at 0.
    expect(sentQueries(made(`${plain}${sends}`), '1m')).toContain(
      `sum by (exporter) (rate(${failed}[1m])) or 0 * sum by (exporter) (${present})`,
    )
  })

  test('uses the names that Prometheus stores from OpenMetrics', () => {
    const text =
      '# TYPE request_count counter\nrequest_count_total{http_status="200"} 1\nrequest_count_created 1\n# EOF\n'
    const queries = sentQueries(made(text), '1m')
    expect(queries.join('\n')).toContain('rate(request_count_total{')
    expect(queries.filter((query) => /request_count\{|_created/.test(query))).toEqual([])
  })

  test.for([
    ['<html>', /is not an exposition: line 1 is not a sample: <html>/],
    ['jobs_total{queue="a} 1', /line 1 is not a sample/],
    ['\n', /a text shows no metrics/],
  ] as const)('is refused for %j', ([text, error]) => expect(() => made(text)).toThrow(error))
})

describe('promhive dashboard', () => {
  test('reads a file, a URL and a directory', async ({ stage }) => {
    const file = join(stage.folder(), 'saved.txt')
    writeFileSync(file, plain)
    const server = createServer(({ url }, response) => {
      if (url === '/') response.setHeader('Content-Type', 'text/html; charset=utf-8').end('<!doctype html>')
      else response.end(plain)
    }).listen(0, '127.0.0.1')
    stage.after(() => void server.close())
    await once(server, 'listening')
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/metrics`
    const [ofFile, ofUrl, ofDirectory, unknown, ofPage, overTls] = await Promise.all([
      promhive(stage, ['dashboard', file, '--title', 'The shop']),
      promhive(stage, ['dashboard', url, '--title', 'The shop']),
      promhive(stage, ['rules', stage.folder()]),
      promhive(stage, ['dashboard', file, '--preset', 'flask']),
      promhive(stage, ['dashboard', new URL('/', url).href]),
      promhive(stage, ['dashboard', url.replace('http:', 'https:')]),
    ])
    expect(JSON.parse(ofFile.output)).toEqual(made(plain))
    expect(ofUrl.output).toBe(ofFile.output)
    expect(ofDirectory.output).toContain('alert: PromhiveNoWriters')
    // The address of the page stands first in the line that a metrics port prints.
    expect([ofPage.code, ofPage.errors]).toEqual([
      1,
      expect.stringContaining(`it is a page; name the metrics, such as ${url}`),
    ])
    expect([overTls.code, overTls.errors]).toEqual([
      1,
      expect.stringMatching(/ cannot be scraped: SSL routines: .*; if it expects no TLS, use http:\/\/\n$/),
    ])
    expect([unknown.code, unknown.errors]).toEqual([1, expect.stringContaining('the application shows prometheus')])
  })
})

function expositionOf(name: keyof typeof namings): string {
  const { server } = namings[name]
  const { requests, duration } = server as { readonly requests?: NamedSample; readonly duration: NamedSample }
  return [requests === undefined ? '' : counter(requests), histogram(duration)].join('')
}

interface NamedSample {
  readonly name: string
  readonly labels: Readonly<Record<string, string>>
}

function counter({ name, labels }: NamedSample): string {
  return `# TYPE ${name} counter\n${name}{${pairs(labels)}} 1\n`
}

function histogram({ name, labels }: NamedSample): string {
  const text = pairs(labels)
  return `# TYPE ${name} histogram\n${name}_bucket{${text},le="+Inf"} 1\n${name}_sum{${text}} 1\n${name}_count{${text}} 1\n`
}

function pairs(labels: Readonly<Record<string, string>>): string {
  return Object.keys(labels)
    .map((label) => `${label}="x"`)
    .join()
}

function overlaps(panels: readonly DashboardPanel[]): readonly string[] {
  return panels.flatMap((a, i) =>
    panels
      .slice(i + 1)
      .filter(({ gridPos: b }) => {
        const { x, y, w, h } = a.gridPos
        return x < b.x + b.w && b.x < x + w && y < b.y + b.h && b.y < y + h
      })
      .map((b) => `${a.title} and ${b.title}`),
  )
}
