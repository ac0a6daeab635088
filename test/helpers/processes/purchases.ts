import { expect } from 'vitest'
import { Exposition } from './exposition.js'
import { ask } from './http.js'
import { until } from './until.js'

/** Requests to `http-application.mjs`, and the counts in its scrapes. */
export class Purchases {
  private answered = 0
  private failed = 0
  private highest = 0
  private readonly wentBack: string[] = []
  private watching = true
  private readonly watch: Promise<void>

  /** @param ports where the application answers at the moment */
  constructor(private readonly ports: () => readonly number[]) {
    this.watch = this.scrapeOn()
  }

  /** One after the other, to one port after the other. */
  async buy(count: number): Promise<void> {
    for (let n = 0; n < count; n++) {
      await ask(this.url(n, '/buy'), 'GET', 30_000).then(
        () => this.answered++,
        // It was counted, or it was not: the client cannot know.
        () => this.failed++,
      )
    }
  }

  /** Every port answers with the numbers of all; returns the last scrape. */
  async areExact(): Promise<Exposition> {
    let scrape = new Exposition('')
    for (const n of this.ports().keys()) {
      scrape = new Exposition((await ask(this.url(n, '/metrics'))).body)
      const value = bought(scrape)
      expect(value).toBeGreaterThanOrEqual(this.answered)
      expect(value).toBeLessThanOrEqual(this.answered + this.failed)
    }
    return scrape
  }

  /** The series of the application itself, without those that are updated once a second. */
  async series(): Promise<readonly string[]> {
    let seen: readonly string[] = []
    let since = Date.now()
    await until(
      async () => {
        const now = seriesOf(await this.areExact())
        if (String(now) !== String(seen)) since = Date.now()
        seen = now
        return now
      },
      (now) => now.includes(lastSeries) && Date.now() - since > 2_500,
    )
    return seen
  }

  /** Waits until there are these series, and no other. */
  async haveSeries(wanted: readonly string[]): Promise<void> {
    const end = Date.now() + 60_000
    for (;;) {
      const seen = seriesOf(await this.areExact())
      if (String(seen) === String(wanted) || Date.now() > end) return expect(seen).toEqual(wanted)
      await new Promise((resolve) => setTimeout(resolve, 50))
    }
  }

  /** Ends the scrapes that ran during all of it. */
  async end(): Promise<void> {
    this.watching = false
    await this.watch
    expect(this.wentBack).toEqual([])
    // A manager may cut a request or two while it changes something; more would prove nothing.
    expect(this.failed).toBeLessThanOrEqual(this.answered / 20)
  }

  private async scrapeOn(): Promise<void> {
    for (let n = 0; this.watching; n++) {
      await new Promise((resolve) => setTimeout(resolve, 20))
      const { body = '' } = await ask(this.url(n, '/metrics'), 'GET', 5_000).catch(() => ({ body: '' }))
      if (body === '') continue
      const value = bought(new Exposition(body))
      if (value < this.highest) this.wentBack.push(`from ${this.highest} to ${value}`)
      this.highest = Math.max(this.highest, value)
    }
  }

  private url(n: number, path: string): string {
    const ports = this.ports()
    return `http://127.0.0.1:${ports[n % ports.length]}${path}`
  }
}

function bought(scrape: Exposition): number {
  return scrape.value('http_requests_total{path="/buy"}') ?? 0
}

/** Measured over an interval: the last series that a process has. */
const lastSeries = 'nodejs_eventloop_utilization'

/** Without those of things that come and go: what a process has open, and garbage. */
function seriesOf({ samples }: Exposition): string[] {
  return [...samples.keys()].filter((key) => /^(?:http|process|nodejs)_(?!gc_|active_\w+\{)/.test(key)).sort()
}
