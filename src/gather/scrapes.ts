import type { Formatter } from '../exposition/formatter.js'
import type { Formatters } from '../exposition/formatters.js'
import { nameOf } from '../model/family.js'
import { held } from '../platform/held.js'
import { Slices } from '../platform/slices.js'
import type { Gatherer, GatherRequest } from './gatherer.js'
import { type QueueLimits, ScrapeQueue } from './scrape-queue.js'

/** An exposition, and its format. */
export interface Exposed {
  readonly contentType: string
  readonly chunks: readonly Uint8Array[]
}

/**
 * Answers scrapes of a gatherer. Requests for the same families in the same format share one answer until its gathering
 * begins; after that, it could miss later counts.
 */
export class Scrapes {
  private readonly queue = new ScrapeQueue()

  /**
   * @param formatters returns the formats to choose from
   * @param preferred returns the content type to write unless a scrape requests another one
   */
  constructor(
    private readonly gatherer: Gatherer,
    private readonly formatters: () => Formatters,
    private readonly preferred: () => string,
  ) {}

  /**
   * Answers one scrape, in the format that its Accept header requests.
   *
   * @param names only the families of these names; all if empty
   * @throws the reason of the signal if the scrape was dropped; MetricsError `SCRAPE_REFUSED` if too many wait
   */
  async expose(accept?: string, names: readonly string[] = [], limits?: QueueLimits): Promise<Exposed> {
    const { contentType } = this.formatters().negotiate(accept, this.preferred())
    return { contentType, chunks: await this.write(contentType, names, limits) }
  }

  /** Returns the exposition in the preferred format. */
  chunks(): Promise<readonly Uint8Array[]> {
    return this.write(this.preferred(), [])
  }

  /** Returns the same as text, decoded in slices. */
  async text(): Promise<string> {
    const decoder = new TextDecoder()
    const pause = new Slices()
    let text = ''
    for (const chunk of await this.chunks()) {
      text += decoder.decode(chunk, { stream: true })
      if (pause.due()) await pause.rest()
    }
    return text + decoder.decode()
  }

  /** Returns the lines of one family in the preferred format. */
  async textOf(name: string): Promise<string> {
    const { exemplars } = this.preferredFormatter
    const gathered = await held(this.gatherer.gather({ exemplars }))
    try {
      const named = gathered.families.filter((family) => nameOf(family) === name)
      const chunks = await held(this.preferredFormatter.formatPart(named, gathered.pause))
      return new TextDecoder().decode(Buffer.concat(chunks))
    } finally {
      gathered.release()
    }
  }

  private get preferredFormatter(): Formatter {
    return this.formatters().of(this.preferred())!
  }

  private write(contentType: string, names: readonly string[], limits?: QueueLimits): Promise<readonly Uint8Array[]> {
    const scrape = (turn: GatherRequest) => this.scrape(contentType, { ...turn, names })
    return held(this.queue.share([contentType, ...names], scrape, limits))
  }

  private async scrape(contentType: string, request: GatherRequest): Promise<readonly Uint8Array[]> {
    const { exemplars } = this.formatters().of(contentType)!
    const gathered = await this.gatherer.gather({ ...request, exemplars })
    try {
      // The default labels may have changed meanwhile.
      return await this.formatters().of(contentType)!.format(gathered.families, gathered.pause)
    } finally {
      gathered.release()
    }
  }
}
