import { request } from 'node:http'

const timeout = 10_000

/** Scrapes one address on a connection of its own, as often as it takes: the worker may be the one that is killed. */
export async function scrape(url) {
  for (let attempt = 1; ; attempt++) {
    try {
      return await get(url)
    } catch (error) {
      if (attempt === 10) throw new Error(`no scrape of ${url}: ${error.message}`, { cause: error })
    }
  }
}

function get(url) {
  const began = performance.now()
  return new Promise((resolve, reject) => {
    const call = request(url, { agent: false, timeout }, (response) => {
      let text = ''
      response.setEncoding('utf8')
      response.on('data', (piece) => {
        text += piece
      })
      response.on('error', reject)
      response.on('end', () => {
        if (response.statusCode !== 200) return reject(new Error(`status ${response.statusCode}: ${text}`))
        const worker = response.headers['x-worker']
        resolve({ text, milliseconds: performance.now() - began, worker: worker && Number(worker) })
      })
    })
    call.on('error', reject)
    call.on('timeout', () => call.destroy(new Error(`no answer in ${timeout} ms`)))
    call.end()
  })
}

/** Removes the duration of the scrape itself from an exposition. */
export function withoutDuration(text) {
  return text.replace(/^promhive_scrape_duration_seconds .*\n/m, '')
}

/** Returns the samples of a text exposition, by name and labels as written. */
export function samplesOf(text) {
  const samples = new Map()
  for (const line of text.split('\n')) {
    const [, series, value] = /^([a-z].*) (\S+)$/.exec(line) ?? []
    if (series !== undefined) samples.set(series, Number(value))
  }
  return samples
}

/** Returns the samples that must never decrease: counters, and the buckets, counts and sums of histograms. */
export function countersOf(text) {
  const counting = new Set()
  for (const [, name, type] of text.matchAll(/^# TYPE (\S+) (\S+)$/gm)) {
    if (type === 'counter') counting.add(name)
    if (type === 'histogram') for (const part of ['_bucket', '_count', '_sum']) counting.add(name + part)
  }
  return new Map([...samplesOf(text)].filter(([series]) => counting.has(series.split('{')[0])))
}

export function sum(samples, name) {
  let total = 0
  for (const [series, value] of samples) if (series.split('{')[0] === name) total += value
  return total
}

/** Follows one number from scrape to scrape, as Prometheus does: a decrease counts as a restart of the counter. */
export class Curve {
  values = []
  wentBack = 0
  /** What increase() returns: the first value, and every increase after it. */
  increase = 0

  add(value) {
    const before = this.values.at(-1) ?? 0
    if (value < before) this.wentBack++
    this.increase += value < before ? value : value - before
    this.values.push(value)
  }
}

/** Follows every counter of an exposition, and reports each one that decreased or disappeared. */
export class Watch {
  faults = []
  #before = new Map()

  add(text, who) {
    const now = countersOf(text)
    for (const [series, value] of this.#before) {
      const seen = now.get(series)
      if (seen === undefined || seen < value) {
        this.faults.push(`${series} went back from ${value} to ${seen ?? 'nothing'} in an answer of ${who}`)
      }
    }
    this.#before = now
  }
}
