// How fast series that nobody counted before come into being: cold code, as when an application starts.
const { library, count } = JSON.parse(process.argv[2])
const { Counter } = await import(`../libraries/${library}.mjs`)

let calls = 0
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

const firstWrites = [firstWrite(10_000), firstWrite(20_000), firstWrite(20_000), firstWrite(20_000)].slice(1)

const { values } = await requests.get()
const total = values.reduce((sum, { value }) => sum + value, 0)
const wrong =
  total === count && values.length === count ? [] : [`counted ${count}, read ${total} in ${values.length} series`]
console.log(JSON.stringify({ perSecond: count / seconds, firstWrites, wrong }))

/** Nanoseconds of the first write of a series whose label values other series have already: warm code. */
function firstWrite(n) {
  const known = new Counter({ name: `known_${calls++}_total`, help: 'X.', labelNames: ['column', 'row'] })
  const side = Math.ceil(Math.sqrt(n))
  const texts = Array.from({ length: side }, (_, i) => `v${i}`)
  for (const text of texts) known.inc({ column: text, row: text })
  let written = 0
  const begin = performance.now()
  for (let column = 0; column < side; column++) {
    for (let row = 0; row < side; row++) {
      if (row === column) continue
      known.inc({ column: texts[column], row: texts[row] })
      written++
    }
  }
  return ((performance.now() - begin) * 1e6) / written
}
