// What series cost the process that counts in them, in a process of its own.
const { library, shape, count } = JSON.parse(process.argv[2])
const { Counter, Histogram } = await import(`../libraries/${library}.mjs`)

const methods = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE']

/** Each label set is made anew and so are its texts, as a server makes them of the requests that come in. */
const shapes = {
  /** Five methods on each of many routes. */
  routes: {
    metric: () => new Counter({ name: 'requests_total', help: 'Requests answered.', labelNames: ['method', 'route'] }),
    labels: (i) => ({ method: methods[i % 5], route: `/api/v1/resource/${Math.floor(i / 5)}` }),
    verb: 'inc',
  },
  /** One series for each of many customers. */
  customers: {
    metric: () => new Counter({ name: 'orders_total', help: 'Orders taken.', labelNames: ['customer', 'plan'] }),
    labels: (i) => ({ customer: `customer-${100_000 + i}`, plan: i % 3 === 0 ? 'free' : 'paid' }),
    verb: 'inc',
  },
  histogram: {
    metric: () => new Histogram({ name: 'duration_seconds', help: 'Duration.', labelNames: ['method', 'route'] }),
    labels: (i) => ({ method: methods[i % 5], route: `/api/v1/resource/${Math.floor(i / 5)}` }),
    verb: 'observe',
  },
}

const { metric: make, labels, verb } = shapes[shape]
const metric = make()
// With the first series comes what the library itself needs; the figure is that of the series.
for (let i = 0; i < 100; i++) metric[verb](labels(i), 1)
const before = await resting()
for (let i = 100; i < count; i++) metric[verb](labels(i), 1)
const after = await resting()
const series = count - 100

const { values } = await metric.get()
const total = values
  .filter(({ metricName }) => metricName === undefined || !/_bucket$|_sum$/.test(metricName))
  .reduce((sum, { value }) => sum + value, 0)
const wrong = total === count ? [] : [`counted ${count}, read ${total}`]
console.log(
  JSON.stringify({
    heap: (after.heap - before.heap) / series,
    /** Heap and array buffers. Memory that is mapped from a file is in the resident set alone. */
    own: (after.own - before.own) / series,
    resident: (after.resident - before.resident) / series,
    wrong,
  }),
)

/** Array buffers are given back by another thread: it gets the time. */
async function resting() {
  for (let i = 0; i < 3; i++) {
    globalThis.gc({ type: 'major', execution: 'sync', flavor: 'last-resort' })
    await new Promise((resolve) => setTimeout(resolve, 50))
    globalThis.gc()
  }
  const { heapUsed, external, rss } = process.memoryUsage()
  return { heap: heapUsed, own: heapUsed + external, resident: rss }
}
