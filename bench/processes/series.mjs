// How fast series that nobody counted before come into being: cold code, as when an application starts.
const { library, count } = JSON.parse(process.argv[2])
const { Counter } = await import(`../libraries/${library}.mjs`)

const methods = ['GET', 'POST', 'PUT', 'DELETE']
const routes = Array.from({ length: count }, (_, i) => `/route/${i}`)
const requests = new Counter({
  name: 'requests_total',
  help: 'Requests answered.',
  labelNames: ['method', 'route', 'status'],
})

const start = performance.now()
for (let i = 0; i < count; i++) requests.inc({ method: methods[i & 3], route: routes[i], status: 200 })
const seconds = (performance.now() - start) / 1000

const { values } = await requests.get()
const total = values.reduce((sum, { value }) => sum + value, 0)
const wrong =
  total === count && values.length === count ? [] : [`counted ${count}, read ${total} in ${values.length} series`]
console.log(JSON.stringify({ perSecond: count / seconds, wrong }))
