import { isMainThread } from 'node:worker_threads'
import { processContext } from '../../runtime/current-context.js'
import { joinSoon } from '../../runtime/join-soon.js'
import type { RegistryContentType } from '../prom-client/types.js'
import { ClusterScrapes } from './cluster-scrapes.js'
import { Registry } from './registry.js'
import { workerThreads } from './worker-threads.js'

const scrapes = new ClusterScrapes('promhive_prometheus_io_worker_registries')

/**
 * A registry that shows what all threads and processes of the application count, from any of them and at once: no thread
 * has to answer.
 *
 * @example
 * const workerRegistry = new WorkerRegistry()
 * response.setHeader('Content-Type', workerRegistry.contentType)
 * response.end(await workerRegistry.workerMetrics())
 */
export class WorkerRegistry<T extends RegistryContentType = RegistryContentType> extends Registry<T> {
  /** @internal As it was given; any thread may be asked. */
  readonly primary: boolean

  /**
   * Makes a registry without metrics of its own.
   *
   * @param regContentType the format of `workerMetrics()`: text format 0.0.4 by default
   * @param primary changes nothing: any thread may be asked
   * @throws TypeError for a content type that is neither of the two
   */
  constructor(regContentType?: RegistryContentType, primary: boolean = isMainThread) {
    super(regContentType)
    this.primary = primary
    // A thread is one of the application's, even if it does not count.
    if (!isMainThread) joinSoon(processContext())
  }

  /** Returns the metrics of all threads, in the content type of this registry; an empty text where there are none. */
  workerMetrics(): Promise<string> {
    return scrapes.text(this.contentType)
  }

  /**
   * Waits for scrapes that are not answered yet, and until the other threads see what this one counted. Counts of a thread
   * that ends without it are not lost either.
   *
   * @param timeout milliseconds: 5000 by default
   * @throws Error if it takes longer
   */
  shutdown(timeout?: number): Promise<void> {
    return scrapes.shutdown(timeout)
  }

  /** Returns how many worker threads of this process counted when it was last read; each call has it read again. */
  static workerCount(): number {
    return workerThreads.count()
  }

  /**
   * Chooses the registries that are shown for all threads: the default registry, unless this or another thread chose.
   *
   * @throws TypeError if it is not a registry
   */
  static setRegistries(regs: Registry[] | Registry): void {
    scrapes.registries.choose(regs)
  }
}
