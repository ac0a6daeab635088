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
 * Pushes the numbers of the whole application to a Pushgateway, from any of its processes, with prom-client's methods.
 * It is meant for batch jobs that end before a scrape. Create it when the process starts, because a process that pushes
 * after the others have ended must have joined the application while they were running.
 *
 * Every error rejects the promise with a MetricsError: `PUSH_FAILED` if the gateway cannot be reached in time or
 * answers with a status other than 2xx (the message has its URL without the password); `OPTION_INVALID` for an invalid
 * URL or a push without `jobName`; `LABEL_NAME_INVALID`, `LABEL_RESERVED` or `LABEL_MISSING` for a grouping.
 *
 * @example
 * const gateway = new Pushgateway('http://127.0.0.1:9091', { timeout: 5000 })
 * await gateway.pushAdd({ jobName: 'nightly', groupings: { shop: 'berlin' } })
 */
export class Pushgateway {
  private readonly client: PushgatewayClient

  /**
   * @param url the address of the gateway, with its path if it has one, and `user:password@` for basic authentication
   * @param options those of `http.request` or `https.request` (headers, agent, auth, ca …), and those in
   * docs/pushgateway.md
   * @param registry the registry to push; by default the default registry
   */
  constructor(url: string, options?: PushgatewayOptions, registry?: Exposition) {
    const context = processContext()
    this.client = new PushgatewayClient(url, options ?? {}, {
      registry: registry ?? context.registry,
      pushed: pushCounter(context),
    })
    // A registry for one request belongs to this process only.
    if ((registry as { scope?: unknown } | undefined)?.scope !== 'process') joinSoon(context)
  }

  /** Adds the numbers to the group, and replaces its metrics of the same names (`POST`). */
  pushAdd(key: GroupingKey): Promise<PushgatewayAnswer> {
    return held(this.client.push('POST', key))
  }

  /** Replaces the whole group by the numbers (`PUT`). */
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
