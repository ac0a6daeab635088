import { expect, onTestFinished, test } from 'vitest'
import { openMetricsServer } from '../../../src/export/http/scrape-server.js'
import type { Format, Formatter } from '../../../src/exposition/formatter.js'
import { Formatters } from '../../../src/exposition/formatters.js'
import { formats } from '../../../src/exposition/negotiate.js'
import { Counter } from '../../../src/metric/counter.js'
import { type Family, isTable, nameOf } from '../../../src/model/family.js'
import type { LabelSet } from '../../../src/model/label-set.js'
import { Registry } from '../../../src/registry/registry.js'

import { faultOf } from '../../helpers/fault.js'
import { freshDirectory, TestProcess } from '../../helpers/homes.js'

const contentType = 'application/vnd.example.metrics; proto=example.Family; encoding=delimited'

/** Each family as the length of its name, its name, and its first slots as float64: bytes that are not UTF-8. */
class BinaryFormatter implements Formatter {
  readonly contentType = contentType
  readonly isText = false
  readonly exemplars = false

  async format(families: readonly Family[]): Promise<readonly Uint8Array[]> {
    return families.filter(isTable).map((table) => {
      const name = Buffer.from(nameOf(table))
      const values = Float64Array.from(table.order, (row) => table.slots[table.bases[row]!]!)
      return Buffer.concat([Uint8Array.of(0xff, 0x00, name.length), name, new Uint8Array(values.buffer)])
    })
  }

  formatPart(families: readonly Family[]): Promise<readonly Uint8Array[]> {
    return this.format(families)
  }
}

const binary: Format = { contentType, formatter: () => new BinaryFormatter() }

/** The context of a process that writes one format more. */
class BinaryContext extends TestProcess {
  override formatters(defaultLabels: LabelSet): Formatters {
    return new Formatters(defaultLabels, {}, [binary, ...formats])
  }
}

function jobsIn(context: TestProcess): Registry {
  const registry = new Registry({}, context)
  new Counter({ name: 'jobs_total', help: 'Jobs.', registers: [registry] }).inc(2.5)
  return registry
}

test('a binary format reaches the scraper byte for byte', async () => {
  const server = await openMetricsServer({ registry: jobsIn(new BinaryContext(freshDirectory())), port: 0 })
  onTestFinished(() => server.close())
  const expected = Buffer.concat([
    Uint8Array.of(0xff, 0x00, 'jobs_total'.length),
    Buffer.from('jobs_total'),
    new Uint8Array(Float64Array.of(2.5).buffer),
  ])
  const answer = await fetch(server.url, { headers: { accept: `${contentType};q=0.9, text/plain;q=0.5` } })
  expect(answer.status).toBe(200)
  expect(answer.headers.get('content-type')).toBe(contentType)
  expect(answer.headers.get('content-length')).toBe(String(expected.length))
  expect(Buffer.from(await answer.arrayBuffer())).toEqual(expected)
  // A scraper that does not ask for it gets text.
  const text = await fetch(server.url, { headers: { accept: 'text/plain' } })
  expect(text.headers.get('content-type')).toBe(Registry.PROMETHEUS_CONTENT_TYPE)
  expect(await text.text()).toContain('jobs_total 2.5\n')
})

test('a binary format is not returned by metrics()', async () => {
  const registry = jobsIn(new BinaryContext(freshDirectory()))
  expect(faultOf(() => registry.setContentType(contentType))).toMatch(/^OPTION_INVALID: Content type .* is unsupported/)
  expect(await registry.metrics()).toContain('jobs_total 2.5\n')
})
