import { variantsFor } from '../library.mjs'
import { measure } from '../measurement.mjs'
import { median } from '../median.mjs'
import { figure, printTable, times } from '../table.mjs'

const shapes = [
  { key: 'routes', name: 'counter, 5 methods x many routes', part: 1 },
  { key: 'customers', name: 'counter, a series for each customer', part: 1 },
  { key: 'histogram', name: 'histogram, 5 methods x many routes', part: 0.2 },
]

/** Bytes per series in the process that counts. */
export async function memory({ runtimes, quick, faults }) {
  const runtime = runtimes.at(-1)
  const count = quick ? 20_000 : 100_000
  const results = []
  for (const shape of shapes) {
    const columns = []
    for (const variant of variantsFor(runtime)) {
      const samples = []
      for (let round = 0; round < (quick ? 1 : 3); round++) {
        await faults.guard(`memory, ${shape.name}, ${variant.name}`, async () => {
          const parameters = { library: variant.library, shape: shape.key, count: count * shape.part }
          const taken = await measure('memory', parameters, { runtime, variant, flags: ['--expose-gc'] })
          samples.push(taken)
          return taken
        })
      }
      const of = (figureName) => median(samples.map((sample) => sample[figureName]))
      columns.push({ ...variant, heap: of('heap'), own: of('own'), resident: of('resident') })
    }
    const promClient = columns.find(({ key }) => key === 'prom-client')
    for (const column of columns) column.part = column.own / promClient.own
    results.push({ ...shape, runtime: runtime.name, columns })
    print(results.at(-1), count * shape.part, runtime)
  }
  return results
}

function print({ name, columns }, count, runtime) {
  console.log(`\nMemory per series, bytes: ${name}, ${figure(count)} series, ${runtime.name}`)
  printTable(
    ['', ...columns.map((column) => column.name)],
    [
      ['heap', ...columns.map(({ heap }) => figure(heap))],
      ['heap, array buffers and mapped files', ...columns.map(({ own }) => figure(own))],
      ['the same, against prom-client', ...columns.map(({ part }) => times(part))],
      ['resident', ...columns.map(({ resident }) => figure(resident))],
    ],
  )
}
