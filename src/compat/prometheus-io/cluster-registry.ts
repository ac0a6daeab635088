import { emptyText } from '../prom-client/text.js'
import type { RegistryContentType } from '../prom-client/types.js'
import { ClusterScrapes } from './cluster-scrapes.js'
import { Registry } from './registry.js'

const scrapes = new ClusterScrapes('promhive_prometheus_io_cluster_registries')

/**
 * A registry that shows what a cluster counts, from any of its processes and at once: no worker has to answer.
 *
 * @example
 * const clusterRegistry = new ClusterRegistry()
 * response.setHeader('Content-Type', clusterRegistry.contentType)
 * response.end(await clusterRegistry.clusterMetrics())
 */
export class ClusterRegistry<T extends RegistryContentType = RegistryContentType> extends Registry<T> {
  /** Returns the metrics of all processes, in the content type of this registry. */
  async clusterMetrics(): Promise<string> {
    return (await scrapes.text(this.contentType)) || emptyText(this.contentType)
  }

  /**
   * Waits for scrapes that are not answered yet, and until the other processes see what this one counted. Counts of a
   * process that ends without it are not lost either.
   *
   * @param timeout milliseconds: 5000 by default
   * @throws Error if it takes longer
   */
  shutdown(timeout?: number): Promise<void> {
    return scrapes.shutdown(timeout)
  }

  /**
   * Chooses the registries that are shown for the cluster: the default registry, unless this or another process chose.
   *
   * @throws TypeError if it is not a registry
   */
  static setRegistries(regs: Registry[] | Registry): void {
    scrapes.registries.choose(regs)
  }
}
