import type { Exposition } from '../../export/contract.js'
import { type ForwardResult, RedisForwarding } from '../../export/redis/forwarder.js'
import { type ForwarderOptions as Options, settingsOf } from '../../export/redis/forwarder-options.js'
import { Counter } from '../../metric/counter.js'
import { refuseNull } from '../../model/known-options.js'
import { processEnvironment } from '../../platform/process-environment.js'
import { processContext } from '../current-context.js'
import { joinSoon } from '../join-soon.js'

/** Options of `startRedisForwarder()`. */
export interface RedisForwarderOptions extends Options {
  /** The registry to forward; by default the default registry. */
  readonly registry?: Exposition | undefined
}

/** A forwarder, which is running or disabled. */
export interface RedisForwarder {
  /** Whether it forwards at an interval. */
  readonly running: boolean
  /** The result of the last forward; `standby` if another process has the turn. */
  readonly last: ForwardResult | undefined
  /** Forwards now. Never rejects. */
  forward(): Promise<ForwardResult>
  /** Forwards the last numbers, and stops. A second call does nothing. */
  stop(): Promise<void>
}

/**
 * Writes the exposition of the whole application to Redis at an interval, for readers that cannot scrape: under
 * `<prefix>latest`, and under a key with the time that expires after three intervals; `<prefix>metadata` describes it.
 * One of all processes that call this forwards, and another one when it ends. An unavailable Redis does not affect the
 * application: `onError` and `promhive_redis_forwards_total{result="failed"}` show it.
 *
 * @param options see docs/redis-forwarder.md; each option overrides its environment variable
 * @throws MetricsError `OPTION_INVALID`, with the option or the variable at fault
 * @example
 * const forwarder = startRedisForwarder({ host: 'redis.internal', interval: 15 })
 * process.once('SIGTERM', () => forwarder.stop().then(() => process.exit()))
 */
export function startRedisForwarder(options: RedisForwarderOptions = {}): RedisForwarder {
  const context = processContext()
  refuseNull('startRedisForwarder', options)
  const { registry, ...place } = options
  const settings = settingsOf(place, processEnvironment(), (text) => context.log.warn('VARIABLE_IGNORED', text))
  let counter: Counter<'result'> | undefined
  const forwarding = new RedisForwarding(settings, {
    registry: registry ?? context.registry,
    onError: (error) => context.onError(error),
    forwarded(result) {
      counter ??= new Counter({
        name: 'promhive_redis_forwards_total',
        help: 'Expositions that were forwarded to Redis, or could not be.',
        labelNames: ['result'],
      })
      counter.inc({ result })
    },
  })
  void forwarding.start()
  if (forwarding.running && registry === undefined) joinSoon(context)
  return forwarding
}
