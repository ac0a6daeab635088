import { MetricsError } from '../model/errors.js'

/** A registry as a delivery sees it: its exposition in bytes, in the format that is asked for. */
export interface Exposition {
  /**
   * @param accept the Accept header of the scrape
   * @param names only the families of these names
   */
  expose(
    accept?: string,
    names?: readonly string[],
  ): Promise<{ readonly contentType: string; readonly chunks: readonly Uint8Array[] }>
}

/** What a scrape says of itself. */
export interface ScrapeRequest {
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

/** Answers one scrape, whatever server asked. */
export async function scrape(
  exposition: Exposition,
  { accept, names = [] }: ScrapeRequest = {},
): Promise<ScrapeResponse> {
  try {
    const { contentType, chunks } = await exposition.expose(accept, names)
    const { status, headers, body } = response(200, contentType, chunks)
    // What stores answers must not hand one scraper the format of another.
    return { status, headers: { ...headers, Vary: 'Accept' }, body }
  } catch (error) {
    // What could not be read may be readable at the next scrape.
    const status = error instanceof MetricsError && error.code === 'SCRAPE_INCOMPLETE' ? 503 : 500
    return textResponse(
      status,
      `the metrics could not be gathered: ${error instanceof Error ? error.message : error}\n`,
    )
  }
}

export function textResponse(status: number, text: string): ScrapeResponse {
  return response(status, plainText, [Buffer.from(text)])
}

function response(status: number, type: string, body: readonly Uint8Array[]): ScrapeResponse {
  const length = body.reduce((sum, chunk) => sum + chunk.length, 0)
  return { status, headers: { 'Content-Type': type, 'Content-Length': String(length) }, body }
}
