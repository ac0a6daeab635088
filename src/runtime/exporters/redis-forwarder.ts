import type { Exposition } from '../../export/contract.js'
import { type ForwardResult, RedisForwarding } from '../../export/redis/forwarder.js'
import { type ForwarderOptions as Options, settingsOf } from '../../export/redis/forwarder-options.js'
import { Counter } from '../../metric/counter.js'
import { refuseNull } from '../../model/known-options.js'
import { processContext } from '../current-context.js'
import { joinSoon } from '../join-soon.js'

/** Where the exposition goes, how often, and what is forwarded. */
export interface RedisForwarderOptions extends Options {
  /** What is forwarded: the default registry when left out. */
  readonly registry?: Exposition | undefined
}

/** A forwarder that runs, or is disabled. */
export interface RedisForwarder {
  /** Whether it forwards at its interval. */
  readonly running: boolean
  /** What came of the last forward: `standby` where another process has the turn. */
  readonly last: ForwardResult | undefined
  /** Forwards now. Never rejects. */
  forward(): Promise<ForwardResult>
  /** Forwards a last time and ends. Twice is once. */
  stop(): Promise<void>
}

/**
 * Puts the exposition of the whole application into Redis, at an interval, for readers that cannot scrape: under
 * `<prefix>latest`, under a key with the time in it that lives for three intervals, and what it is under
 * `<prefix>metadata`. Of all processes that ask for it one forwards, and another one when that is gone. Redis may be away:
 * the application does not notice; `onError` does, and `promhive_redis_forwards_total{result="failed"}`.
 *
 * @param options see docs/redis-forwarder.md; each comes before its environment variable
 * @throws MetricsError `OPTION_INVALID`, naming the option or the variable at fault
 * @example
 * const forwarder = startRedisForwarder({ host: 'redis.internal', interval: 15 })
 * process.once('SIGTERM', () => forwarder.stop().then(() => process.exit()))
 */
export function startRedisForwarder(options: RedisForwarderOptions = {}): RedisForwarder {
  const context = processContext()
  refuseNull('startRedisForwarder', options)
  const { registry, ...place } = options
  const settings = settingsOf(place, process.env, (text) => context.log.warn('VARIABLE_IGNORED', text))
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
