// The least that a scrape of this shape can cost: add the arrays of all writers, write every line into a buffer.
const { series, workers, scrapes } = JSON.parse(process.argv[2])

const prefixes = []
for (let i = 0; i < series; i++) {
  prefixes.push(`bench_requests_total{method="GET",route="/api/v1/resource/${i >> 2}",status="${200 + (i & 3)}"} `)
}
for (let i = 0; i < series / 10; i++) {
  for (let bucket = 0; bucket < 14; bucket++) {
    prefixes.push(`bench_duration_seconds_bucket{le="0.0${bucket}",method="GET",route="/api/v1/resource/${i >> 1}"} `)
  }
}
const text = Buffer.from(prefixes.join(''))
const ends = new Int32Array(prefixes.length)
prefixes.reduce((end, prefix, i) => (ends[i] = end + prefix.length), 0)

const writers = Array.from({ length: workers }, (_, w) => Float64Array.from(prefixes, (_, i) => (i * 7 + w) % 1000))
const totals = new Float64Array(prefixes.length)
const body = Buffer.alloc(text.length + prefixes.length * 8)

const samples = []
let bytes = 0
for (let i = 0; i < scrapes; i++) {
  const start = performance.now()
  bytes = scrape()
  samples.push(performance.now() - start)
}
console.log(JSON.stringify({ samples, bytes, wrong: [] }))

function scrape() {
  totals.fill(0)
  for (const values of writers) for (let i = 0; i < values.length; i++) totals[i] += values[i]
  let at = 0
  let from = 0
  for (let i = 0; i < totals.length; i++) {
    for (const end = ends[i]; from < end; from++) body[at++] = text[from]
    at = writeInteger(totals[i], at)
    body[at++] = 10
  }
  return at
}

function writeInteger(value, at) {
  let digits = 1
  for (let rest = value; rest >= 10; rest /= 10) digits++
  let left = value | 0
  for (let i = at + digits - 1; i >= at; i--) {
    const next = (left / 10) | 0
    body[i] = 48 + left - next * 10
    left = next
  }
  return at + digits
}
