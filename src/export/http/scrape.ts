import type { QueueLimits } from '../../gather/scrape-queue.js'
import { MetricsError } from '../../model/errors.js'

/** A registry as a delivery sees it: its exposition in bytes, in the format that is asked for. */
export interface Exposition {
  /**
   * @param accept the Accept header of the scrape
   * @param names only the families of these names
   * @param limits a signal that drops the scrape while it waits for its turn, and the maximum of queued scrapes
   */
  expose(
    accept?: string,
    names?: readonly string[],
    limits?: QueueLimits,
  ): Promise<{ readonly contentType: string; readonly chunks: readonly Uint8Array[] }>
}

/** What a scrape says of itself. */
export interface ScrapeRequest extends QueueLimits {
  /** The Accept header. */
  readonly accept?: string | undefined
  /** The families that it wants, as `name[]=…` in the query; all of them when empty. */
  readonly names?: readonly string[]
}

export interface ScrapeResponse {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: readonly Uint8Array[]
}

const plainText = 'text/plain; charset=utf-8'

/**
 * Answers one scrape of any server.
 *
 * @throws the reason of the signal when the scrape was dropped
 */
export async function scrape(
  exposition: Exposition,
  { accept, names = [], ...limits }: ScrapeRequest = {},
): Promise<ScrapeResponse> {
  try {
    const { contentType, chunks } = await exposition.expose(accept, names, limits)
    const { status, headers, body } = response(200, contentType, chunks)
    // What stores answers must not hand one scraper the format of another.
    return { status, headers: { ...headers, Vary: 'Accept' }, body }
  } catch (error) {
    if (limits.signal?.aborted) throw error
    if (error instanceof MetricsError && error.code === 'SCRAPE_REFUSED') return busy(error.message)
    // What could not be read may be readable at the next scrape.
    const status = error instanceof MetricsError && error.code === 'SCRAPE_INCOMPLETE' ? 503 : 500
    return textResponse(
      status,
      `the metrics could not be gathered: ${error instanceof Error ? error.message : error}\n`,
    )
  }
}

/** Asks the scraper to come again a little later. */
export function busy(why: string): ScrapeResponse {
  const { status, headers, body } = textResponse(503, `too many scrapes: ${why}; try again later\n`)
  return { status, headers: { ...headers, 'Retry-After': '5' }, body }
}

export function textResponse(status: number, text: string): ScrapeResponse {
  return response(status, plainText, [Buffer.from(text)])
}

function response(status: number, type: string, body: readonly Uint8Array[]): ScrapeResponse {
  const length = body.reduce((sum, chunk) => sum + chunk.length, 0)
  return { status, headers: { 'Content-Type': type, 'Content-Length': String(length) }, body }
}
