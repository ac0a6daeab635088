// Runs programs with a client that needs another Node.js than the tests, and answers with the outcome of each operation.
import { createRequire } from 'node:module'

const [folder, client] = process.argv.slice(2)
const { Application, outcomeOf } = await import(`${folder}/application.js`)
const { examples } = await import(`${folder}/prometheus-io-examples.js`)
const module = createRequire(import.meta.url)(client)

// As in the test: each clock shows half a second.
process.hrtime = (start) => (start === undefined ? [1, 0] : [0, 500_000_000])
let now = 0
performance.now = () => {
  now += 500
  return now
}

// The client's getMetricsAsJSON() writes the default labels into the values of the metric itself, where they stay.
function withOwnValues(metric) {
  const { get } = metric
  metric.get = async () => structuredClone(await get.call(metric))
}

async function run(operations) {
  const their = new Application(module, () => new module.Registry(), withOwnValues)
  const steps = []
  for (const operation of operations) {
    const outcome = await their.run(operation)
    steps.push({ outcome, contentType: their.registries[operation.registry ?? 0].contentType })
  }
  return steps
}

process.on('message', async ({ operations, example }) => {
  process.send(operations === undefined ? await outcomeOf(() => examples[example](module)) : await run(operations))
})
process.send('ready')
