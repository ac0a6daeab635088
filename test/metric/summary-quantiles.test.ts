import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Summary } from '../../src/index.js'
import { quantileOf } from '../../src/model/layout/summary.js'
import { refOf } from '../../src/model/series-ref.js'
import { freshDirectory, mergedOf, TestProcess } from '../helpers/homes.js'
import { holds } from '../helpers/property.js'
import { shown } from '../helpers/samples.js'

const quantiles = [0, 0.01, 0.1, 0.5, 0.9, 0.99, 0.999, 1]
const relativeError = 0.01

function observing(directory?: string) {
  const process = new TestProcess(directory)
  const registers = [process.registry]
  return { process, summary: new Summary({ name: 's', help: 'S.', quantiles, relativeError, registers }) }
}

type Observing = ReturnType<typeof observing>

/** The quantiles of all that these processes observed. */
async function quantilesOf(...observers: readonly Observing[]): Promise<readonly number[]> {
  const { tables } = await mergedOf(observers.map(({ process }) => process))
  const { family, slots, bases } = tables[0]!
  if (family.type !== 'summary') throw new TypeError(family.type)
  return quantiles.map((q) => quantileOf(family, slots, bases[0]!, q))
}

/** What the quantiles really are: the smallest values that this part of all values does not exceed. */
function exactQuantiles(values: readonly number[]): readonly number[] {
  const sorted = Float64Array.from(values).sort()
  return quantiles.map((q) => sorted[Math.max(Math.ceil(q * sorted.length - 1e-9), 1) - 1]!)
}

/** Makes a value of each kind of data from one that is evenly spread between 0 and 1. */
const shapes: Readonly<Record<string, (u: number) => number>> = {
  uniform: (u) => 0.001 + u,
  exponential: (u) => -Math.log(1 - u) * 0.25 + 1e-6,
  lognormal: (u) => Math.exp(2 * normal(u)),
  bimodal: (u) => (u < 0.7 ? 0.002 * (1 + u) : 30 * (1 + u)),
  constant: () => 0.1,
}

/** The quantile function of the normal distribution, to a few digits (Tukey's lambda). */
function normal(u: number): number {
  const p = Math.min(Math.max(u, 1e-9), 1 - 1e-9)
  return (p ** 0.135 - (1 - p) ** 0.135) / 0.1975
}

const evenly = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true })

describe.each(Object.entries(shapes))('quantiles of %s data', (_, shape) => {
  test('over eight processes are within the error of the exact ones', async () => {
    const data = fc.array(fc.record({ u: evenly, writer: fc.nat({ max: 7 }) }), {
      minLength: 1,
      maxLength: 3000,
      size: 'max',
    })
    await holds(
      fc.asyncProperty(data, async (given) => {
        const observers = Array.from({ length: 8 }, () => observing())
        const values = given.map(({ u }) => shape(u))
        given.forEach(({ writer }, i) => {
          observers[writer]!.summary.observe(values[i]!)
        })
        const found = await quantilesOf(...observers)
        exactQuantiles(values).forEach((exact, i) => {
          expect(Math.abs(found[i]! - exact)).toBeLessThanOrEqual(exact * relativeError * (1 + 1e-9))
        })
      }),
      20,
    )
  })
})

test('quantiles of many processes are those of one that observed it all', async () => {
  const value = fc.oneof(fc.double({ noNaN: true }), fc.double({ min: 0, max: 10, noNaN: true }), fc.integer())
  const data = fc.array(fc.record({ value, writer: fc.nat({ max: 7 }) }), { minLength: 1, maxLength: 300 })
  await holds(
    fc.asyncProperty(data, async (given) => {
      const many = Array.from({ length: 8 }, () => observing())
      const one = observing()
      for (const { value, writer } of given) {
        many[writer]!.summary.observe(value)
        one.summary.observe(value)
      }
      expect(await quantilesOf(...many)).toEqual(await quantilesOf(one))
    }),
  )
})

describe('a process that is killed inside of a record', () => {
  /** Leaves a record open after its sum or its count, as a kill at that moment would. */
  function killedInside({ process, summary }: Observing, stores: number): void {
    const { values, words, at } = process.store().open(summary.family, refOf([]))
    Atomics.add(words, at * 2, 1)
    if (stores > 0) values[at + 1]! += 4
    if (stores > 1) values[at + 2]! += 1
    process.end()
  }

  test.each([0, 1, 2])('after %i stores takes that one observation along at the most', async (stores) => {
    const directory = freshDirectory()
    const [dead, alive] = [observing(directory), observing(directory)]
    for (const value of [1, 2, 3]) dead.summary.observe(value)
    alive.summary.observe(2)
    killedInside(dead, stores)
    const lines = await shown(alive.process.registry)
    expect(lines).toMatchObject({ s_sum: stores > 0 ? 12 : 8, s_count: stores > 1 ? 5 : 4 })
    expect(lines['s{quantile="1"}']).toBeCloseTo(3, 1)
    expect(lines['s{quantile="0.5"}']).toBeCloseTo(2, 1)
  })

  test('leaves a seat whose next owner counts on, in records that are whole', async () => {
    const directory = freshDirectory()
    // One process stays: otherwise the next one would begin a run of its own.
    const [dead, alive] = [observing(directory), observing(directory)]
    alive.summary.observe(5)
    dead.summary.observe(1)
    killedInside(dead, 0)
    const next = observing(directory)
    next.summary.observe(3)
    expect(await shown(next.process.registry)).toMatchObject({ s_sum: 9, s_count: 3 })
    const { words, at } = next.process.store().open(next.summary.family, refOf([]))
    expect(words[at * 2]! & 1).toBe(0)
  })
})
