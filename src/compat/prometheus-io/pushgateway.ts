import { Pushgateway as PromClientPushgateway } from '../prom-client/pushgateway.js'
import type { RegistryContentType } from '../prom-client/types.js'
import { Registry } from './registry.js'

// The types are those of the class below: this client's differ from prom-client's.
const Base = PromClientPushgateway as unknown as new (
  url: string,
  options: object | undefined,
  registry: object,
) => object

/**
 * Pushes the numbers of the whole application to a Pushgateway, from any of its processes: for batch jobs that end before a
 * scrape would come.
 *
 * @example
 * const gateway = new Pushgateway('http://127.0.0.1:9091', { timeout: 5000 })
 * await gateway.pushAdd({ jobName: 'nightly', groupings: { shop: 'berlin' } })
 */
// biome-ignore lint/suspicious/noUnsafeDeclarationMerging: the base class has the methods
export class Pushgateway<T extends RegistryContentType> extends Base {
  /**
   * Makes a client of a gateway that pushes a registry; nothing is sent yet.
   *
   * @param url the address of the gateway, with a path where it has one
   */
  constructor(url: string, registry: Registry<T>)
  /**
   * Makes a client of a gateway; nothing is sent yet.
   *
   * @param url the address of the gateway, with a path where it has one
   * @param options those of `http.request` or `https.request`, and `requireJobName`
   * @param registry what is pushed: the default registry by default
   */
  constructor(url: string, options?: Pushgateway.Options | null, registry?: Registry<T>)
  constructor(url: string, second?: Registry<T> | Pushgateway.Options | null, registry?: Registry<T>) {
    if (second instanceof Registry) super(url, {}, second)
    else super(url, second ?? undefined, registry ?? Registry.globalRegistry)
  }
}

// biome-ignore lint/correctness/noUnusedVariables: a merged declaration has the same parameters
export interface Pushgateway<T extends RegistryContentType> {
  /**
   * Adds the numbers to the group, replacing its metrics of the same names (`POST`).
   *
   * @throws Error without `jobName`; the promise rejects if the gateway does not answer, or with a status of 400 or above
   */
  pushAdd(params?: Pushgateway.Parameters): Promise<{ resp?: unknown; body?: unknown }>
  /**
   * Replaces everything that the group had by the numbers (`PUT`).
   *
   * @throws as `pushAdd()`
   */
  push(params?: Pushgateway.Parameters): Promise<{ resp?: unknown; body?: unknown }>
  /**
   * Deletes the group with all its metrics (`DELETE`).
   *
   * @throws as `pushAdd()`
   */
  delete(params?: Pushgateway.Parameters): Promise<{ resp?: unknown; body?: unknown }>
}

export namespace Pushgateway {
  /** What Node's `http.request` and `https.request` take, and this. */
  export interface Options {
    /** Whether a push without `jobName` is refused: true by default. */
    requireJobName?: boolean
    [key: string]: unknown
  }

  /** What names a group of a Pushgateway. */
  export interface Parameters {
    /** The value of the label `job`. */
    jobName: string
    /** More labels of the group. */
    groupings?: {
      [key: string]: string
    }
  }
}
