import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { LocalAmounts } from '../../../src/export/sent-amounts.js'
import { ChangeReader } from '../../../src/export/statsd/changes.js'
import { datagramsOf } from '../../../src/export/statsd/datagrams.js'
import { decimal } from '../../../src/export/statsd/decimal.js'
import { formatNames, type StatsdFormat, seriesFormat } from '../../../src/export/statsd/statsd-format.js'
import { Counter, Gauge, Histogram, Info, Registry, StateSet, Summary } from '../../../src/index.js'
import { holds } from '../../helpers/property.js'

/** Any character but half of a surrogate pair, which label values do not contain. */
const anyCharacter = fc
  .integer({ min: 0, max: 0x10f7ff })
  .map((code) => String.fromCodePoint(code < 0xd800 ? code : code + 0x800))

test.each([
  [1, '1'],
  [-0, '0'],
  [0.1, '0.1'],
  [1e-7, '0.0000001'],
  [-1.5e-9, '-0.0000000015'],
  [1e21, '1000000000000000000000'],
  [1.25e22, '12500000000000000000000'],
  [Number.MIN_VALUE, `0.${'0'.repeat(323)}5`],
])('%s is written as %s', (value, text) => expect(decimal(value)).toBe(text))

test('numbers are written without an exponent, and read back as they were', () => {
  const finite = fc.double({ noNaN: true, noDefaultInfinity: true })
  holds(
    fc.property(finite, (value) => {
      const text = decimal(value)
      return /^-?\d+(?:\.\d+)?$/.test(text) && Number(text) === value
    }),
    1000,
  )
})

describe.each(formatNames)('in the format %s', (name) => {
  const format = seriesFormat(name)
  const written = (labels: readonly (readonly [string, string])[]): string =>
    format.head('x', labels) + format.tail(labels)

  test('different labels have different names', () => {
    const value = fc.oneof(
      fc.string({
        minLength: 1,
        unit: fc.constantFrom('_', '2', 'C', '5', 'F', ',', ':', '|', ';', '=', '/', ' ', 'é'),
      }),
      fc.string({ minLength: 1, unit: anyCharacter }),
    )
    const series = fc.array(value, { minLength: 2, maxLength: 2 })
    holds(
      fc.property(series, series, (one, other) => {
        const [a, b] = [one, other].map(([p, q]) =>
          written([
            ['p', p!],
            ['q', q!],
          ]),
        )
        return (a === b) === (JSON.stringify(one) === JSON.stringify(other))
      }),
      300,
    )
  })

  test('no label value ends a part of the line', () => {
    const value = fc.string({ minLength: 1, unit: anyCharacter })
    holds(
      fc.property(value, (text) => {
        const line = `${format.head('x', [['p', text]])}:1|c${format.tail([['p', text]])}`
        const [, before, after] = /^([^|\n\r]*):1\|c(?:\|#([^|\n\r,]*))?$/.exec(line) ?? []
        return (
          before !== undefined && (name === 'dogstatsd' ? before === 'x' && after !== undefined : !before.includes(':'))
        )
      }),
      1000,
    )
  })
})

describe('lines', () => {
  test('of every type', async () => {
    expect(await linesOf('plain')).toMatchInlineSnapshot(`
      "jobs_total.kind.a_2Eb:3|c
      celsius:0|g
      celsius:-3.5|g
      seconds_bucket.le.1:1|c
      seconds_bucket.le._2BInf:1|c
      seconds_sum:0.75|c
      seconds_count:1|c
      bytes.quantile.0_2E5:8|g
      bytes_sum:8|c
      bytes_count:1|c
      build_info.version.1_2E2:1|g
      phase.phase.up:1|g
      phase.phase.down:0|g
      collected_total.a.x:4|c"
    `)
  })

  test('of DogStatsD', async () => {
    expect(await linesOf('dogstatsd')).toMatchInlineSnapshot(`
      "jobs_total:3|c|#kind:a.b
      celsius:0|g
      celsius:-3.5|g
      seconds_bucket:1|c|#le:1
      seconds_bucket:1|c|#le:+Inf
      seconds_sum:0.75|c
      seconds_count:1|c
      bytes:8|g|#quantile:0.5
      bytes_sum:8|c
      bytes_count:1|c
      build_info:1|g|#version:1.2
      phase:1|g|#phase:up
      phase:0|g|#phase:down
      collected_total:4|c|#a:x"
    `)
  })

  test.each<[StatsdFormat, string]>([
    ['plain', 'shop.requests_total.app.my_20shop.route._2Fusers_2F_3Aid:2|c'],
    ['graphite', 'shop.requests_total;app=my_20shop;route=_2Fusers_2F_3Aid:2|c'],
    ['influxdb', 'shop.requests_total,app=my_20shop,route=/users/_3Aid:2|c'],
    ['dogstatsd', 'shop.requests_total:2|c|#app:my shop,route:/users/:id'],
  ])('of %s have a prefix, and default labels', async (format, line) => {
    const registry = new Registry({ scope: 'process' })
    registry.setDefaultLabels({ app: 'my shop' })
    const requests = new Counter({ name: 'requests_total', help: 'X.', labelNames: ['route'], registers: [registry] })
    requests.inc({ route: '/users/:id' }, 2)
    expect(await linesIn(registry, format, 'shop.')).toBe(line)
  })
})

describe('datagrams', () => {
  const line = (head: string, value = 1): Parameters<typeof datagramsOf>[0][number] => ({
    head,
    tail: '',
    type: 'c',
    value,
  })

  test('are at most as long as the limit, and contain every line once', () => {
    const lines = fc.array(fc.string({ minLength: 1, maxLength: 60, unit: 'grapheme' }).map((head) => line(head)))
    holds(
      fc.property(lines, fc.integer({ min: 64, max: 300 }), (all, most) => {
        const datagrams = [...datagramsOf(all, most, () => expect.fail())]
        expect(datagrams.flatMap((each) => each.lines)).toEqual(all)
        for (const { text, lines: packed } of datagrams) {
          if (packed.length > 1) expect(Buffer.byteLength(text)).toBeLessThanOrEqual(most)
        }
        // No two neighbours would have fitted into one.
        for (const [i, { text }] of datagrams.slice(1).entries()) {
          const first = text.split('\n')[0]!
          expect(Buffer.byteLength(`${datagrams[i]!.text}\n${first}`)).toBeGreaterThan(most)
        }
      }),
    )
  })

  test('of one long line have only that line; a line that servers would cut off is omitted', () => {
    const [long, longest] = [line('l'.repeat(5000)), line('m'.repeat(8189))]
    const left: unknown[] = []
    const datagrams = [...datagramsOf([line('a'), long, longest, line('b')], 1432, (each) => left.push(each))]
    expect(datagrams.map((each) => each.lines)).toEqual([[line('a')], [long], [line('b')]])
    expect(left).toEqual([longest])
  })

  test('never divide the two lines of a negative gauge', () => {
    const lines = Array.from({ length: 40 }, (_, i) => ({ ...line(`gauge_${i}`, -1), type: 'g' as const }))
    const texts = [...datagramsOf(lines, 100, () => expect.fail())].map(({ text }) => text.split('\n'))
    expect(texts.flat()).toHaveLength(80)
    for (const text of texts) {
      for (let i = 0; i < text.length; i += 2) {
        expect(text[i + 1]).toBe(text[i]!.replace(':0|g', ':-1|g'))
      }
    }
  })
})

async function linesOf(format: StatsdFormat): Promise<string> {
  const registry = new Registry({ scope: 'process' })
  const registers = [registry]
  const help = 'X.'
  new Counter({ name: 'jobs_total', help, labelNames: ['kind'], registers }).inc({ kind: 'a.b' }, 3)
  new Counter({ name: 'idle_total', help, registers })
  new Gauge({ name: 'celsius', help, registers }).set(-3.5)
  new Gauge({ name: 'endless', help, registers }).set(Number.POSITIVE_INFINITY)
  new Histogram({ name: 'seconds', help, buckets: [0.5, 1], registers }).observe(0.75)
  new Summary({ name: 'bytes', help, quantiles: [0.5], registers }).observe(8)
  new Summary({ name: 'empty', help, quantiles: [0.5], registers })
  new Info({ name: 'build', help, labelNames: ['version'], registers }).info({ version: '1.2' })
  new StateSet({ name: 'phase', help, states: ['up', 'down'], registers }).set({ up: true })
  registry.registerCollector({
    name: 'collected',
    collect: () => [{ name: 'collected_total', help, type: 'counter', values: [{ value: 4, labels: { a: 'x' } }] }],
  })
  return linesIn(registry, format)
}

async function linesIn(registry: Registry, format: StatsdFormat, prefix = ''): Promise<string> {
  const gathered = await registry.gather()
  try {
    const { lines } = await new ChangeReader(seriesFormat(format), prefix).read(gathered, new LocalAmounts(), 0)
    return [...datagramsOf(lines, 60_000, () => expect.fail())].map(({ text }) => text).join('\n')
  } finally {
    gathered.release()
  }
}
