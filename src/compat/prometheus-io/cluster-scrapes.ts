import { held } from '../../platform/held.js'
import { clearTimeout, setTimeout } from '../../platform/timers.js'
import { processContext } from '../../runtime/current-context.js'
import { ClusterRegistries } from '../prom-client/cluster-registries.js'
import { clusterText } from '../prom-client/cluster-text.js'
import type { RegistryContentType } from '../prom-client/types.js'

/** Milliseconds for which a shutdown waits when it is not given a time. */
const defaultTimeout = 5000

/** The scrapes of the registries that are shown for all processes and threads, and the shutdown that waits for them. */
export class ClusterScrapes {
  readonly registries: ClusterRegistries
  private readonly pending = new Set<Promise<string>>()

  /** @param familyName under which processes publish the registries that they chose */
  constructor(familyName: string) {
    this.registries = new ClusterRegistries(familyName)
  }

  /** Returns the merged metrics of all processes and threads; an empty text where there are none. */
  text(contentType: RegistryContentType): Promise<string> {
    const scrape = held(clusterText(contentType, this.registries))
    const done = (): boolean => this.pending.delete(scrape)
    this.pending.add(scrape)
    scrape.then(done, done)
    return scrape
  }

  /**
   * Waits for the scrapes that are not answered yet, and until what this process counted is visible to the others.
   *
   * @throws Error if that takes longer than `timeout` milliseconds
   */
  async shutdown(timeout: number = defaultTimeout): Promise<void> {
    let timer: NodeJS.Timeout | undefined
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new Error('Timeout')), timeout)
    })
    try {
      await Promise.race([late, Promise.all([Promise.allSettled(this.pending), processContext().store().flush()])])
    } finally {
      clearTimeout(timer)
    }
  }
}
