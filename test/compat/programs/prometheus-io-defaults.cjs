// Collects the default metrics with a client, and prints what they look like.
const { setTimeout } = require('node:timers/promises')
const { collectDefaultMetrics, Registry } = require(process.argv[2])

async function main() {
  const register = new Registry()
  const returned = collectDefaultMetrics({
    register,
    prefix: 'app_',
    eventLoopUtilizationTimeout: 20,
    eventLoopUtilizationBuckets: [0.25, 1],
    eventLoopUtilizationPercentiles: [0.5],
    eventLoopUtilizationMaxAgeSeconds: 30,
    eventLoopUtilizationAgeBuckets: 3,
  })
  const again = attempt(() => collectDefaultMetrics({ register, prefix: 'app_' }))
  globalThis.gc()
  await setTimeout(300)
  const json = await register.getMetricsAsJSON()
  const families = json.map(({ name, type, aggregator, values }) => [name, type, aggregator, shapeOf(name, values)])
  const utilization = json.filter(({ name }) => name.includes('utilization')).map(({ values }) => values.at(-1).value)
  const wrong = [attempt(() => collectDefaultMetrics('x')), attempt(() => collectDefaultMetrics(null))]
  const { metricsList } = collectDefaultMetrics
  console.log(JSON.stringify({ returned: returned === undefined, again, families, utilization, wrong, metricsList }))
}

/** The names of the samples and their labels, without what depends on the moment. */
function shapeOf(name, values) {
  if (/active_|gc_duration|heap_space/.test(name)) return undefined
  // The client has no labels for the sum and the count of a summary without labels.
  return values.map(({ metricName, labels = {} }) => [metricName, labels])
}

function attempt(call) {
  try {
    call()
    return undefined
  } catch (error) {
    return `${error.constructor.name}: ${error.message}`
  }
}

main()
