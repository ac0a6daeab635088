import { setTimeout as sleep } from 'node:timers/promises'
import { Curve, samplesOf, scrape, sum, Watch, withoutDuration } from './scrapes.mjs'

const scrapeEvery = 100

/** All that the scrapes showed. */
export class Observations {
  watch = new Watch()
  together = new Curve()
  alone = new Curve()
  milliseconds = []
  /** How often each process answered for all; the primary's metrics port under `primary`. */
  answers = new Map()
  /** At the end: what each process showed. */
  last = new Map()
  #latest = ''

  constructor(application) {
    this.application = application
  }

  async lookUntil(end) {
    for (let next = performance.now(); performance.now() < end; ) {
      next = Math.max(next + scrapeEvery, performance.now())
      await this.look()
      await sleep(Math.max(0, next - performance.now()))
    }
  }

  async look() {
    const { url, metrics } = this.application
    this.#add(await scrape(metrics))
    this.#add(await scrape(`${url}/metrics`))
    const { text } = await scrape(`${url}/metrics-alone`)
    this.alone.add(sum(samplesOf(text), 'http_requests_total'))
  }

  /** Connections go to the workers in turn: asks until each has answered. */
  async lookAtEverybody() {
    await this.look()
    const { url, metrics } = this.application
    this.last.set('primary', this.#add(await scrape(metrics)))
    for (let i = 0; i < 100 && this.last.size < 5; i++) {
      const answer = await scrape(`${url}/metrics`)
      this.last.set(answer.worker, this.#add(answer))
    }
  }

  /** Which worker sits where: seat → pid. */
  seats() {
    const found = [...samplesOf(this.#latest)].flatMap(([series, pid]) => {
      const seat = /^worker_pid\{worker="(\d+)"\}$/.exec(series)
      return seat === null ? [] : [[Number(seat[1]), pid]]
    })
    return new Map(found)
  }

  get taken() {
    return this.milliseconds.length
  }

  #add({ text, milliseconds, worker = 'primary' }) {
    this.#latest = text
    this.milliseconds.push(milliseconds)
    this.answers.set(worker, (this.answers.get(worker) ?? 0) + 1)
    this.together.add(sum(samplesOf(text), 'http_requests_total'))
    this.watch.add(text, worker === 'primary' ? 'the primary' : `worker ${worker}`)
    return withoutDuration(text)
  }
}
