import { randomUUID } from 'node:crypto'
import { hostname } from 'node:os'
import { MetricsError, reasonOf } from '../../model/errors.js'
import { held } from '../../platform/held.js'
import { systemNow } from '../../platform/system-time.js'
import { withTimeout } from '../../platform/time-limit.js'
import { clearInterval, setImmediate, setInterval } from '../../platform/timers.js'
import { RedisConnections } from '../../store/redis/client/connections.js'
import type { Exporter, Exposition } from '../contract.js'
import { StartAndStop } from '../start-and-stop.js'
import type { RedisForwarderSettings } from './forwarder-options.js'
import { type RedisCommands, wordsOf, wordsOver } from './redis-commands.js'

/** What a process provides to its forwarder. */
export interface ForwarderContext {
  readonly registry: Exposition
  onError(error: MetricsError): void
  /** Called after each attempt to forward. */
  forwarded(result: 'ok' | 'failed'): void
}

/** The result of one forward: done, failed, or left to the process that has the turn. */
export type ForwardResult = 'ok' | 'failed' | 'standby'

/**
 * Writes the exposition to Redis at an interval: under `<prefix>latest`, and under `<prefix><unix seconds>`, which
 * expires after three intervals. `<prefix>metadata` describes it. Deletes nothing, and never runs two forwards at the
 * same time.
 */
export class RedisForwarding implements Exporter {
  private readonly states = new StartAndStop(
    () => this.open(),
    () => this.close(),
  )
  /** The ID of this process in the key that names the forwarding process. */
  private readonly id = `${hostname()}-${process.pid}-${randomUUID().slice(0, 8)}`
  private timer: NodeJS.Timeout | undefined
  private current: Promise<ForwardResult> | undefined
  private result: ForwardResult | undefined
  private waiting = false

  constructor(
    readonly settings: RedisForwarderSettings,
    private readonly context: ForwarderContext,
  ) {
    if (settings.client !== undefined) wordsOf(settings.client)
  }

  get running(): boolean {
    return this.timer !== undefined
  }

  /** The result of the last forward; undefined before the first one. */
  get last(): ForwardResult | undefined {
    return this.result
  }

  /** Forwards soon after this turn, so that a deployment shows early whether it works, and then at the interval. */
  start(): Promise<void> {
    return this.states.start()
  }

  /** Forwards the last numbers, and stops. */
  stop(): Promise<void> {
    return this.states.stop()
  }

  private async open(): Promise<void> {
    if (!this.settings.enabled) return
    this.timer = setInterval(() => void this.forwardNow(), this.settings.interval * 1000).unref()
    setImmediate(() => void this.forwardNow()).unref()
  }

  private async close(): Promise<void> {
    if (this.timer === undefined) return
    clearInterval(this.timer)
    this.timer = undefined
    await held(Promise.resolve(this.current))
    if (this.result !== 'standby') await this.forward()
  }

  /** Forwards now. Never rejects. Concurrent calls share one forward. */
  forward(): Promise<ForwardResult> {
    return held(this.forwardNow())
  }

  /** Forwards without keeping the process running. */
  private forwardNow(): Promise<ForwardResult> {
    this.current ??= this.tryOnce().finally(() => {
      this.current = undefined
    })
    return this.current
  }

  private async tryOnce(): Promise<ForwardResult> {
    try {
      this.result = await this.run()
    } catch (cause) {
      const text = `the metrics could not be forwarded to Redis at ${this.place()} (${reasonOf(cause)}); the next try is in ${this.settings.interval} s`
      this.result = 'failed'
      this.context.onError(new MetricsError('FORWARD_FAILED', text, { cause }))
    }
    if (this.result !== 'standby') this.context.forwarded(this.result)
    return this.result
  }

  private async run(): Promise<ForwardResult> {
    const { client, address, limits } = this.settings
    if (client !== undefined) {
      const words = wordsOf(client)
      if (!words.ready()) throw new Error('the client is not connected')
      // A client may queue what it cannot send, so at most one exposition waits there.
      if (this.waiting) throw new Error('the last forward still waits for an answer')
      this.waiting = true
      return withTimeout(
        this.put(words).finally(() => {
          this.waiting = false
        }),
        limits.command,
      )
    }
    const redis = wordsOver(new RedisConnections(address, limits))
    try {
      return await this.put(redis)
    } finally {
      redis.end()
    }
  }

  private async put(redis: RedisCommands): Promise<ForwardResult> {
    if (this.settings.forwards === 'one' && !(await this.hasTurn(redis))) return 'standby'
    const { keyPrefix, interval, accept, address, client } = this.settings
    const { contentType, chunks } = await this.context.registry.expose(accept)
    const text = Buffer.concat(chunks)
    const timestamp = Math.floor(systemNow() / 1000)
    const metadata = {
      timestamp,
      ...(client === undefined &&
        ('path' in address ? { path: address.path } : { host: address.host, port: address.port })),
      ...{ interval, forwarder: this.id, contentType, bytes: text.length },
    }
    // In one turn, so that either library sends them together.
    await Promise.all([
      redis.set(`${keyPrefix}${timestamp}`, text, Math.ceil(interval * 3)),
      redis.set(`${keyPrefix}latest`, text),
      redis.set(`${keyPrefix}metadata`, JSON.stringify(metadata)),
    ])
    return 'ok'
  }

  /**
   * Whether this process forwards: one of all that share the prefix sets a key that outlives two missed forwards. If
   * two processes set it at the same moment, both forward, which is harmless.
   */
  private async hasTurn(redis: RedisCommands): Promise<boolean> {
    const key = `${this.settings.keyPrefix}forwarder`
    const seconds = Math.ceil(this.settings.interval * 2.5)
    if (await redis.setNew(key, this.id, seconds)) return true
    if ((await redis.get(key)) !== this.id) return false
    await redis.set(key, this.id, seconds)
    return true
  }

  private place(): string {
    const { client, address } = this.settings
    if (client !== undefined) return 'the given client'
    return 'path' in address ? address.path : `${address.host}:${address.port}`
  }
}
