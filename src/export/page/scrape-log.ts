import { monotonicNow } from '../../platform/timers.js'
import type { HttpResponse } from '../http/response.js'
import type { Route } from '../http/route-table.js'

/** The number of scrapes that the page shows. */
const shown = 10

/** One answered scrape. */
export interface LoggedScrape {
  /** Unix milliseconds when it was answered. */
  readonly at: number
  /** Seconds from the request to the answer, without sending it. */
  readonly seconds: number
  readonly status: number
  readonly bytes: number
  /** The `User-Agent` header, shortened. */
  readonly client: string
}

/** The last scrapes of a metrics port, the newest first. */
export class ScrapeLog {
  private readonly scrapes: LoggedScrape[] = []

  get last(): readonly LoggedScrape[] {
    return this.scrapes
  }

  /** Returns the same route, whose answers are logged. */
  logged(route: Route): Route {
    return {
      ...route,
      handle: async (request, query) => {
        const began = monotonicNow()
        const answered = await route.handle(request, query)
        this.add(answered, (monotonicNow() - began) / 1000, request.headers['user-agent'])
        return answered
      },
    }
  }

  private add({ status, body }: HttpResponse, seconds: number, client = ''): void {
    const bytes = body.reduce((sum, chunk) => sum + chunk.length, 0)
    this.scrapes.unshift({ at: Date.now(), seconds, status, bytes, client: client.slice(0, 60) })
    this.scrapes.length = Math.min(this.scrapes.length, shown)
  }
}
