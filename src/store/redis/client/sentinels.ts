import { isIP } from 'node:net'
import { reasonOf } from '../../../model/errors.js'
import { withTimeout } from '../../../platform/time-limit.js'
import type { OwnClient } from './own-client.js'
import { nameOf, type RedisAddress, type RedisTls } from './redis-address.js'

/** A Redis behind Sentinel: the sentinels name the master. */
export interface RedisSentinels {
  readonly sentinels: readonly RedisAddress[]
  /** The name under which the sentinels know the master. */
  readonly name: string
  /** How to connect to the master, whatever its address. */
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
 * Connects to the master that the sentinels name, if that server reports the role of a master as well. Sentinels are
 * queried one after the other; the one that answered is the first the next time.
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
        const client = await this.connect(master, open, limit)
        this.order = [sentinel, ...this.order.filter((each) => each !== sentinel)]
        return client
      } catch (cause) {
        faults.push(`${nameOf(sentinel)}: ${reasonOf(cause)}`)
      }
    }
    throw new Error(`no sentinel leads to the master ${this.place.name} (${faults.join('; ')})`)
  }

  private async masterBy(sentinel: RedisAddress, open: Open, limit: number): Promise<RedisAddress> {
    const client = await open(sentinel, limit)
    try {
      const answer = await withTimeout(client.call('SENTINEL', 'GET-MASTER-ADDR-BY-NAME', this.place.name), limit)
      if (!Array.isArray(answer)) throw new Error(`it knows no master of the name ${this.place.name}`)
      const [host, port] = answer.map(String)
      return { ...this.place.server, host: host!, port: Number(port) }
    } finally {
      client.destroy()
    }
  }

  private async connect(address: RedisAddress, open: Open, limit: number): Promise<OwnClient> {
    const client = await open(address, limit)
    try {
      const role = String(await withTimeout(client.call('INFO', 'replication'), limit))
      if (/role:(?!master)/.test(role)) throw new Error(`${nameOf(address)} is not the master yet`)
      return client
    } catch (cause) {
      // Without the permission for this command, the first write shows whether the server is the master.
      if (cause instanceof Error && cause.message.startsWith('NOPERM')) return client
      client.destroy()
      throw cause
    }
  }
}

/** Parses `host`, `host:port` or `[::1]:port`; the default port is 26379. Returns undefined for an invalid address. */
export function sentinelAddress(text: string): { readonly host: string; readonly port: number } | undefined {
  const [, bracketed, plain, port = '26379'] = /^(?:\[([^\]]+)\]|([^:\s]+))(?::(\d{1,5}))?$/.exec(text.trim()) ?? []
  if (isIP(text.trim()) === 6) return { host: text.trim(), port: 26_379 }
  const host = bracketed ?? plain
  return host === undefined || Number(port) > 65_535 ? undefined : { host, port: Number(port) }
}
