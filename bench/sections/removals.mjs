import { variantsFor } from '../library.mjs'
import { measure } from '../measurement.mjs'
import { median } from '../median.mjs'
import { figure, printTable, times } from '../table.mjs'

const ways = [
  { what: 'remove', name: 'remove(labels), each', part: 1 },
  { what: 'removeByLabels', name: 'removeByLabels(some), each', part: 10, ours: true },
  { what: 'clear', name: 'clear()', part: 1 },
  { what: 'expire', name: 'expireAfter, one scrape', part: 1, ours: true },
]

/** What removing all of N series costs, and of twice as many: removals that are linear take twice as long. */
export async function removing({ runtimes, quick, faults }) {
  const runtime = runtimes.at(-1)
  const sizes = quick ? [500, 1_000] : [5_000, 10_000, 20_000]
  const results = []
  for (const { what, name, part, ours } of ways) {
    for (const variant of variantsFor(runtime).filter(({ peer }) => !(peer && ours))) {
      const rows = []
      for (const series of sizes)
        rows.push(await medians({ what, series, removals: series / part, variant, runtime, quick, faults }))
      results.push({ what, name, variant: variant.name, rows })
    }
  }
  print(sizes, results)
  return { runtime: runtime.name, sizes, results }
}

async function medians({ what, series, removals, variant, runtime, quick, faults }) {
  const samples = []
  for (let round = 0; round < (quick ? 1 : 3); round++) {
    await faults.guard(`${what} of ${series} series, ${variant.name}`, async () => {
      const taken = await measure(
        'removals',
        { library: variant.library, what, series, removals },
        { runtime, variant },
      )
      samples.push(taken)
      return taken
    })
  }
  const of = (who, figureOf) => {
    const found = samples.flatMap((sample) => (sample[who] === undefined ? [] : [sample[who][figureOf]]))
    return found.length === 0 ? undefined : median(found)
  }
  return {
    series,
    caller: of('caller', 'milliseconds'),
    callerHeld: of('caller', 'held'),
    reader: of('read', 'milliseconds'),
    readerHeld: of('read', 'held'),
    writer: of('written', 'milliseconds'),
    countingHeld: of('counted', 'held'),
    countingLongest: of('counted', 'longest'),
  }
}

function print(sizes, results) {
  console.log(
    `\nRemoving all of N series, ms; how each grows from ${figure(sizes.at(-2))} to ${figure(sizes.at(-1))} of them`,
  )
  const columns = [
    ['caller', 'caller'],
    ['its loop held', 'callerHeld'],
    ['next scrape', 'reader'],
    ['its loop held', 'readerHeld'],
    ['first count of another', 'writer'],
    ['loop held of one that counts', 'countingHeld'],
    ['its longest count', 'countingLongest'],
  ]
  printTable(
    ['', ...columns.flatMap(([name]) => [name, 'grows'])],
    results.map(({ name, variant, rows }) => [
      `${name}: ${variant}`,
      ...columns.flatMap(([, key]) => {
        const [before, last] = [rows.at(-2)[key], rows.at(-1)[key]]
        return [figure(last), last === undefined ? '' : times(last / before)]
      }),
    ]),
  )
}
