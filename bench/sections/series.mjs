import { variantsFor } from '../library.mjs'
import { measure } from '../measurement.mjs'
import { median } from '../median.mjs'
import { figure, printTable, times } from '../table.mjs'

/** New series of a counter with three labels, per second. */
export async function newSeries({ runtimes, quick, faults }) {
  const runtime = runtimes.at(-1)
  const count = quick ? 20_000 : 100_000
  const results = []
  for (const variant of variantsFor(runtime)) {
    const samples = []
    const firstWrites = []
    for (let round = 0; round < (quick ? 1 : 3); round++) {
      await faults.guard(`new series, ${variant.name}`, async () => {
        const taken = await measure('series', { library: variant.library, count }, { runtime, variant })
        samples.push(taken.perSecond)
        firstWrites.push(...taken.firstWrites)
        return taken
      })
    }
    results.push({
      key: variant.key,
      name: variant.name,
      peer: variant.peer,
      perSecond: median(samples),
      firstWrite: median(firstWrites),
    })
  }
  const fastestPeer = Math.max(...results.filter(({ peer }) => peer).map(({ perSecond }) => perSecond))
  console.log(`\nNew series per second, ${figure(count)} of them in a fresh process, ${runtime.name}`)
  printTable(
    ['', 'per second', 'against the faster peer', 'first write of known label values, warm, ns'],
    results.map(({ name, peer, perSecond, firstWrite }) => [
      name,
      figure(perSecond),
      peer ? '' : times(perSecond / fastestPeer),
      figure(firstWrite),
    ]),
  )
  return { runtime: runtime.name, count, results }
}
