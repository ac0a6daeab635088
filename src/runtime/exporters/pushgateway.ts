import type { Exposition } from '../../export/contract.js'
import type { GroupingKey } from '../../export/pushgateway/grouping-key.js'
import {
  type PushgatewayAnswer,
  PushgatewayClient,
  type PushgatewayOptions,
} from '../../export/pushgateway/pushgateway.js'
import { Counter } from '../../metric/counter.js'
import type { MetricsError } from '../../model/errors.js'
import { held } from '../../platform/held.js'
import { processContext } from '../current-context.js'
import { joinSoon } from '../join-soon.js'
import type { ProcessContext } from '../process-context.js'

/**
 * Pushes the numbers of the whole application to a Pushgateway, from any of its processes, with prom-client's calls: for
 * batch jobs that end before a scrape would come. Make it when the process starts: a process that pushes after the others
 * have ended must have been there while they lived.
 *
 * Every fault comes by way of the promise, as a MetricsError: `PUSH_FAILED` when the gateway cannot be reached in time or
 * answers with anything but a status of 2xx, naming its URL without the password; `OPTION_INVALID` for a URL that is none or
 * a push without `jobName`; `LABEL_NAME_INVALID`, `LABEL_RESERVED` or `LABEL_MISSING` for a grouping.
 *
 * @example
 * const gateway = new Pushgateway('http://127.0.0.1:9091', { timeout: 5000 })
 * await gateway.pushAdd({ jobName: 'nightly', groupings: { shop: 'berlin' } })
 */
export class Pushgateway {
  private readonly client: PushgatewayClient

  /**
   * @param url the address of the gateway, with a path where it has one, and `user:password@` for basic authentication
   * @param options those of `http.request` or `https.request` (headers, agent, auth, ca …), and see docs/pushgateway.md
   * @param registry what is pushed: the default registry when left out
   */
  constructor(url: string, options?: PushgatewayOptions, registry?: Exposition) {
    const context = processContext()
    this.client = new PushgatewayClient(url, options ?? {}, {
      registry: registry ?? context.registry,
      pushed: pushCounter(context),
    })
    // A registry that is made for one request is of this process alone.
    if ((registry as { scope?: unknown } | undefined)?.scope !== 'process') joinSoon(context)
  }

  /** Adds the numbers to the group, in the place of its metrics of the same names (`POST`). */
  pushAdd(key: GroupingKey): Promise<PushgatewayAnswer> {
    return held(this.client.push('POST', key))
  }

  /** Puts the numbers in the place of everything that the group had (`PUT`). */
  push(key: GroupingKey): Promise<PushgatewayAnswer> {
    return held(this.client.push('PUT', key))
  }

  /** Deletes the group with all its metrics (`DELETE`). */
  delete(key: GroupingKey): Promise<PushgatewayAnswer> {
    return held(this.client.delete(key))
  }
}

/** Returns what counts pushes in the default registry. A fault is reported, and never reaches the push. */
export function pushCounter(context: ProcessContext): (result: 'ok' | 'failed') => void {
  let counter: Counter<'result'> | undefined
  return (result) => {
    try {
      counter ??= new Counter({
        name: 'promhive_pushes_total',
        help: 'Pushes to a Pushgateway that it took, or that failed.',
        labelNames: ['result'],
      })
      counter.inc({ result })
    } catch (error) {
      context.onError(error as MetricsError)
    }
  }
}
