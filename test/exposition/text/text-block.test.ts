import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Formatter } from '../../../src/exposition/formatter.js'
import { Merger } from '../../../src/gather/merge.js'
import type { FamilyDescriptor } from '../../../src/model/descriptor.js'
import type { Exemplar } from '../../../src/model/exemplar.js'
import { layoutOf } from '../../../src/model/layout/layout-of.js'
import { openMetricsFormatter, textFormatter } from '../../helpers/formatters.js'
import { holds } from '../../helpers/property.js'
import { counterFamily, gaugeFamily, histogramFamily, noPause, TestWriter } from '../../helpers/writers.js'

/** A formatter that scrapes repeatedly, and a new one for each scrape. */
class Scraper {
  readonly writer = new TestWriter(1)
  private readonly merger = new Merger()
  private readonly formatter: Formatter
  private readonly sent: { chunks: readonly Uint8Array[]; text: string }[] = []

  constructor(private readonly make: () => Formatter) {
    this.formatter = make()
  }

  async scrape(): Promise<string> {
    const { tables } = await this.merger.merge([this.writer], noPause)
    const chunks = await this.formatter.format(tables, noPause)
    const text = Buffer.concat(chunks).toString()
    this.sent.push({ chunks, text })
    return text
  }

  async scrapeAnew(): Promise<string> {
    const { tables } = await new Merger().merge([this.writer], noPause)
    return Buffer.concat(await this.make().format(tables, noPause)).toString()
  }

  /** From the next scrape on, these follow the first sample of their series. */
  remember(exemplars: readonly { slot: number; exemplar: Exemplar }[]): void {
    Object.assign(this.writer, { exemplars: exemplars.map((one) => ({ ...one, bucket: 0 })) })
  }

  /** The sent bytes, decoded again. */
  sentAgain(): boolean {
    return this.sent.every(({ chunks, text }) => Buffer.concat(chunks).toString() === text)
  }
}

const families = [
  counterFamily('c', { labelNames: ['a'] }),
  gaugeFamily('g', 'mostrecent', { labelNames: ['a'] }),
  histogramFamily('h', [1, 2], { labelNames: ['a'] }),
]

/** Slots of a series that show these numbers. */
function slotsOf(family: FamilyDescriptor, value: number, set: boolean): number[] {
  if (family.type === 'counter') return [value]
  if (family.type === 'gauge') return [0, 1, set ? 10 : 0, value]
  return [0, value, 1, Math.abs(value), 3]
}

const values = fc.oneof(
  fc.constantFrom(0, 9, 10, 99, 100, 999_999_999, 1e9, 1e21, -1, Number.NaN, Infinity, -Infinity, 1 / 3),
  fc.nat(),
  fc.double(),
)

const step = fc.oneof(
  { weight: 3, arbitrary: fc.record({ do: fc.constant('open'), family: fc.nat(2), value: values, set: fc.boolean() }) },
  { weight: 6, arbitrary: fc.record({ do: fc.constant('count'), series: fc.nat(), value: values, set: fc.boolean() }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('remove'), series: fc.nat() }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('remember'), series: fc.nat(), value: values }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('scrape') }) },
) as fc.Arbitrary<{ do: string; family: number; series: number; value: number; set: boolean }>

describe.each([
  ['text 0.0.4', textFormatter],
  ['OpenMetrics', openMetricsFormatter],
] as const)('a family that was written before in %s', (_, make) => {
  test('is written as if it were the first time, whatever changed', async () => {
    await holds(
      fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 60 }), async (steps) => {
        const scraper = new Scraper(make)
        const open: { family: FamilyDescriptor; label: string; at: number }[] = []
        for (const [i, { do: what, family, series, value, set }] of steps.entries()) {
          const chosen = open[series % (open.length || 1)]
          if (what === 'open') {
            // Labels that do not come in their order.
            const label = String((i * 7919) % 101)
            const at = scraper.writer.open(families[family]!, [label], slotsOf(families[family]!, value, set))
            open.push({ family: families[family]!, label, at })
          } else if (what === 'count' && chosen !== undefined) {
            scraper.writer.values.set(slotsOf(chosen.family, value, set), chosen.at)
          } else if (what === 'remove' && chosen !== undefined) {
            scraper.writer.remove(chosen.family, [chosen.label], chosen.at)
            open.splice(open.indexOf(chosen), 1)
          } else if (what === 'remember' && chosen !== undefined) {
            const exemplar = { labels: { trace_id: String(i) }, value }
            scraper.remember(value > 0 ? [{ slot: chosen.at, exemplar }] : [])
          } else if (what === 'scrape') expect(await scraper.scrape()).toBe(await scraper.scrapeAnew())
        }
        expect(await scraper.scrape()).toBe(await scraper.scrapeAnew())
        expect(scraper.sentAgain()).toBe(true)
      }),
    )
  })

  test.each(families)('of many series, of which some change in length: $type', async (family) => {
    const scraper = new Scraper(make)
    const { width } = layoutOf(family)
    for (let i = 0; i < 1000; i++) scraper.writer.open(family, [String(i)], slotsOf(family, i, i % 3 !== 0))
    for (let round = 0; round < 12; round++) {
      for (let i = round; i < 1000; i += 7) {
        scraper.writer.values.set(slotsOf(family, 10 ** round, (i + round) % 5 !== 0), i * width)
      }
      expect(await scraper.scrape()).toBe(await scraper.scrapeAnew())
    }
    expect(scraper.sentAgain()).toBe(true)
  })

  test('returns the same bytes while nothing changes', async () => {
    const writer = new TestWriter(1)
    const merger = new Merger()
    const formatter = make()
    for (let i = 0; i < 1000; i++) writer.open(families[0]!, [String(i)], [i])
    const scrape = async () => formatter.format((await merger.merge([writer], noPause)).tables, noPause)
    const [first, second] = [await scrape(), await scrape()]
    expect(Buffer.concat(second).equals(Buffer.concat(first))).toBe(true)
  })
})
