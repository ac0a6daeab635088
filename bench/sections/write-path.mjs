import { variantsFor } from '../library.mjs'
import { measure } from '../measurement.mjs'
import { median } from '../median.mjs'
import { figure, printTable, times } from '../table.mjs'

const rows = {
  bare: 'array[i] += 1 in a method',
  heldInc: 'held child .inc()',
  labelledInc: 'counter.inc({method, status})',
  labelledObserve: 'histogram.observe({method, status}, v)',
  heldObserve: 'held child .observe(v)',
  heldWindow: 'held child of a summary with a window, .observe(v)',
}

/** Nanoseconds per call, each library in a process of its own. */
export async function writePath({ runtimes, quick, faults }) {
  const results = []
  for (const runtime of runtimes) {
    const result = await underRuntime(runtime, { quick, faults })
    results.push(result)
    print(result)
  }
  return results
}

async function underRuntime(runtime, { quick, faults }) {
  const variants = variantsFor(runtime)
  const samples = new Map(variants.map(({ key }) => [key, []]))
  // Round by round, so that a slow minute of the machine meets every library.
  for (let round = 0; round < (quick ? 1 : 3); round++) {
    for (const variant of variants) {
      const parameters = { library: variant.library, rounds: quick ? 5 : 9, milliseconds: quick ? 10 : 25 }
      await faults.guard(`write path, ${variant.name}, ${runtime.name}`, async () => {
        const taken = await measure('write-path', parameters, { runtime, variant })
        samples.get(variant.key).push(taken.samples)
        return taken
      })
    }
  }
  const columns = variants.map(({ key, name, peer }) => ({ key, name, peer, ns: medians(samples.get(key)) }))
  return { runtime: runtime.name, columns, ratios: ratios(columns) }
}

function medians(rounds) {
  return Object.fromEntries(Object.keys(rows).map((row) => [row, median(rounds.flatMap((taken) => taken[row]))]))
}

/** The faster peer's time divided by ours in the shared store. */
function ratios(columns) {
  const ours = columns.find(({ key }) => key === 'promhive-shared').ns
  const peers = columns.filter(({ peer }) => peer).map(({ ns }) => ns)
  return Object.fromEntries(Object.keys(rows).map((row) => [row, Math.min(...peers.map((ns) => ns[row])) / ours[row]]))
}

function print({ runtime, columns, ratios }) {
  console.log(`\nWrite path, ns per call, ${runtime}`)
  printTable(
    ['', ...columns.map(({ name }) => name), 'faster peer / shared'],
    Object.entries(rows).map(([row, title]) => [
      title,
      ...columns.map(({ ns }) => figure(ns[row])),
      row === 'bare' ? '' : times(ratios[row]),
    ]),
  )
}
