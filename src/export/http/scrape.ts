import type { QueueLimits } from '../../gather/scrape-queue.js'
import { MetricsError, reasonOf } from '../../model/errors.js'
import type { Exposition } from '../contract.js'
import { busy, type HttpResponse, response, textResponse } from './response.js'
import type { RouteRequest } from './route-table.js'

/** The request of a scrape. */
export interface ScrapeRequest extends QueueLimits {
  /** The Accept header. */
  readonly accept?: string | undefined
  /** The requested families, as `name[]=…` in the query; all of them if empty. */
  readonly names?: readonly string[]
}

/**
 * Answers one scrape, for any server.
 *
 * @throws the reason of the signal if the scrape was dropped
 */
export async function scrape(
  exposition: Exposition,
  { accept, names = [], ...limits }: ScrapeRequest = {},
): Promise<HttpResponse> {
  try {
    const { contentType, chunks } = await exposition.expose(accept, names, limits)
    // A cache must not answer one scraper in the format of another.
    return response(200, contentType, chunks, { Vary: 'Accept' })
  } catch (error) {
    if (limits.signal?.aborted) throw error
    if (error instanceof MetricsError && error.code === 'SCRAPE_REFUSED') return busy(error.message)
    // Unreadable data may be readable at the next scrape.
    const status = error instanceof MetricsError && error.code === 'SCRAPE_INCOMPLETE' ? 503 : 500
    return textResponse(status, `the metrics could not be gathered: ${reasonOf(error)}\n`)
  }
}

/** Answers a request of a route with a scrape; `name[]` in its query selects families. */
export function scrapeRoute(
  exposition: Exposition,
  { headers: { accept }, signal, ready }: RouteRequest,
  query: URLSearchParams,
  maxQueued: number,
): Promise<HttpResponse> {
  return scrape(exposition, { accept, names: query.getAll('name[]'), signal, maxQueued, ready })
}
