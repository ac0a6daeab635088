import { measure } from '../measurement.mjs'
import { median } from '../median.mjs'
import { figure, printTable } from '../table.mjs'

const rows = {
  plain: 'a function',
  measured: 'the same with measure()',
  labelled: 'with labels that stay the same',
  computed: 'with labels from the arguments',
  async: 'an async function',
  measuredAsync: 'the same with measure()',
}

/** Nanoseconds per call of a measured function, in the shared store. */
export async function measuredFunctions({ runtimes, quick, faults }) {
  const results = []
  for (const runtime of runtimes) {
    const rounds = []
    for (let round = 0; round < (quick ? 1 : 3); round++) {
      const parameters = { rounds: quick ? 3 : 9, milliseconds: quick ? 10 : 25 }
      await faults.guard(`functions, ${runtime.name}`, async () => {
        const taken = await measure('functions', parameters, { runtime, variant: { shared: true } })
        rounds.push(taken.samples)
        return taken
      })
    }
    const ns = Object.fromEntries(Object.keys(rows).map((row) => [row, median(rounds.flatMap((taken) => taken[row]))]))
    results.push({ runtime: runtime.name, ns })
    const added = { measured: 'plain', labelled: 'plain', computed: 'plain', measuredAsync: 'async' }
    console.log(`\nMeasured functions, ns per call, ${runtime.name}`)
    printTable(
      ['', 'a call', 'added'],
      Object.entries(rows).map(([row, title]) => [
        title,
        figure(ns[row]),
        added[row] === undefined ? '' : figure(ns[row] - ns[added[row]]),
      ]),
    )
  }
  return results
}
