import { isIP } from 'node:net'
import { withTimeout } from '../../../platform/time-limit.js'
import type { OwnClient } from './own-client.js'
import { nameOf, type RedisAddress, type RedisTls } from './redis-address.js'

/** A Redis behind Sentinel: which server is the master, the sentinels say. */
export interface RedisSentinels {
  readonly sentinels: readonly RedisAddress[]
  /** The name under which the sentinels know the master. */
  readonly name: string
  /** How the master is spoken to, wherever it is. */
  readonly server: {
    readonly db: number
    readonly username?: string
    readonly password?: string
    readonly tls?: RedisTls
  }
}

/** Opens a connection to one server. */
export type Open = (address: RedisAddress, limit: number) => Promise<OwnClient>

/**
 * Connects to the master that the sentinels name, if it takes itself for the master as well. Sentinels are asked one
 * after the other; the one that answered is asked first the next time.
 *
 * @param limit milliseconds for each connection to a sentinel, and for the one to the master
 */
export class SentinelRoute {
  private order: readonly RedisAddress[]

  constructor(private readonly place: RedisSentinels) {
    this.order = place.sentinels
  }

  async open(open: Open, limit: number): Promise<OwnClient> {
    const faults: string[] = []
    for (const sentinel of this.order) {
      try {
        const master = await this.masterBy(sentinel, open, limit / 2)
        const own = await this.connect(master, open, limit)
        this.order = [sentinel, ...this.order.filter((each) => each !== sentinel)]
        return own
      } catch (cause) {
        faults.push(`${nameOf(sentinel)}: ${cause instanceof Error ? cause.message : cause}`)
      }
    }
    throw new Error(`no sentinel leads to the master ${this.place.name} (${faults.join('; ')})`)
  }

  private async masterBy(sentinel: RedisAddress, open: Open, limit: number): Promise<RedisAddress> {
    const own = await open(sentinel, limit)
    try {
      const answer = await withTimeout(own.call('SENTINEL', 'GET-MASTER-ADDR-BY-NAME', this.place.name), limit)
      if (!Array.isArray(answer)) throw new Error(`it knows no master of the name ${this.place.name}`)
      const [host, port] = answer.map(String)
      return { ...this.place.server, host: host!, port: Number(port) }
    } finally {
      own.destroy()
    }
  }

  private async connect(address: RedisAddress, open: Open, limit: number): Promise<OwnClient> {
    const own = await open(address, limit)
    try {
      const role = String(await withTimeout(own.call('INFO', 'replication'), limit))
      if (/role:(?!master)/.test(role)) throw new Error(`${nameOf(address)} is not the master yet`)
      return own
    } catch (cause) {
      // Without the right to ask, what it says to the first write decides.
      if (cause instanceof Error && cause.message.startsWith('NOPERM')) return own
      own.destroy()
      throw cause
    }
  }
}

/** `host`, `host:port` or `[::1]:port`; 26379 where there is no port. Undefined for what is none. */
export function sentinelAddress(text: string): { readonly host: string; readonly port: number } | undefined {
  const [, bracketed, plain, port = '26379'] = /^(?:\[([^\]]+)\]|([^:\s]+))(?::(\d{1,5}))?$/.exec(text.trim()) ?? []
  if (isIP(text.trim()) === 6) return { host: text.trim(), port: 26_379 }
  const host = bracketed ?? plain
  return host === undefined || Number(port) > 65_535 ? undefined : { host, port: Number(port) }
}
