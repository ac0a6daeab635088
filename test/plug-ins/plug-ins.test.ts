import { describe, expect } from 'vitest'
import { ClusteredApplication } from '../helpers/plug-ins/clustered-application.js'
import { hasPlugIns, plugInFolder } from '../helpers/plug-ins/plug-ins.js'
import type { Exposition } from '../helpers/processes/exposition.js'
import { hasNode24, node24 } from '../helpers/processes/node24.js'
import { test } from '../helpers/processes/stage.js'
import { until } from '../helpers/processes/until.js'

interface PlugIn {
  readonly program: string
  /** What each request adds 1 to: a name, and a part of the labels of its series. */
  readonly counts: readonly (readonly [name: string, labels: string])[]
  readonly request?: string
  readonly node?: string
}

const plugIns: readonly PlugIn[] = [
  {
    program: 'express-prom-bundle.cjs',
    counts: [
      ['http_request_duration_seconds_count', 'path="/buy"'],
      ['http_request_summary_seconds_count', 'path="/buy"'],
    ],
  },
  {
    program: 'fastify-metrics-13.cjs',
    counts: [
      ['http_request_duration_seconds_count', 'route="/buy"'],
      ['http_request_summary_seconds_count', 'route="/buy"'],
    ],
  },
  {
    program: 'fastify-metrics-14.cjs',
    counts: [
      ['http_request_duration_seconds_count', 'route="/buy"'],
      ['http_request_summary_seconds_count', 'route="/buy"'],
    ],
    node: node24,
  },
  { program: 'nestjs-prometheus.cjs', counts: [['purchases_total', 'item="book"']] },
  {
    program: 'prometheus-api-metrics.cjs',
    counts: [
      ['http_request_duration_seconds_count', 'route="/buy"'],
      ['http_request_size_bytes_count', 'route="/buy"'],
      ['http_response_size_bytes_count', 'route="/buy"'],
    ],
  },
  {
    program: 'promster-express.cjs',
    counts: [
      ['http_requests_total', 'path="/buy"'],
      ['http_request_duration_seconds_count', 'path="/buy"'],
      ['http_request_duration_per_percentile_seconds_count', 'path="/buy"'],
      ['http_response_content_length_bytes_count', 'path="/buy"'],
    ],
  },
  {
    program: 'hono-prometheus.mjs',
    counts: [
      ['http_requests_total', 'route="/buy"'],
      ['http_request_duration_seconds_count', 'route="/buy"'],
    ],
  },
  {
    program: 'graphql-yoga.mjs',
    counts: [
      ['graphql_envelop_request', 'operationType="query"'],
      ['graphql_envelop_request_time_summary_count', 'operationType="query"'],
      ['graphql_yoga_http_duration_count', 'operationType="query"'],
    ],
    request: '/graphql?query=%7Bbuy%7D',
  },
]

const n = 40

/** What a scrape shows of each count. */
function shown(scrape: Exposition, counts: PlugIn['counts']): readonly number[] {
  return counts.map(([name, part]) =>
    Object.entries(scrape.labelled(name)).reduce((sum, [labels, value]) => sum + (labels.includes(part) ? value : 0), 0),
  )
}

describe.skipIf(!hasPlugIns)('with the alias', { concurrent: true }, () => {
  for (const { program, counts, request = '/buy', node = process.execPath } of plugIns) {
    test.skipIf(node === node24 && !hasNode24)(`${program} shows each request`, async ({ stage }) => {
      const application = await ClusteredApplication.start(stage, plugInFolder(stage, 'alias'), program, { node })
      const all = (expected: number) => counts.map(() => expected)
      // A plug-in may count after the client has the answer.
      const shows = (expected: number): Promise<unknown> =>
        until(
          async () => shown(await application.scrape(), counts),
          (values) => values.every((value) => value === expected),
          20_000,
        )
      await application.send(request, n / 2)
      await shows(n / 2)
      await application.kill()
      await application.send(request, n / 2)
      await shows(n)
      for (const scrape of await application.scrapeEach()) expect(shown(scrape, counts)).toEqual(all(n))
      expect(application.wentBack).toEqual([])
      expect(application.errors).toBe('')
    })
  }
})
