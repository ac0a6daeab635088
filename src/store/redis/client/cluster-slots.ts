import { nameOf, nodeOf, partsOf, type RedisAddress, type RedisLocation } from './redis-address.js'
import { slotOf } from './slots.js'

/** The known assignment of keys to the servers of a cluster. */
export class ClusterSlots {
  private ranges: { readonly from: number; readonly to: number; readonly master: string }[] = []
  /** Redirections of single slots since then. */
  private readonly moved = new Map<number, string>()
  private readonly nodes = new Map<string, RedisAddress>()

  constructor(private readonly entry: RedisLocation) {}

  /** Returns the name of the server that has the slot of a key; undefined if it is unknown. */
  masterOf(key: string): string | undefined {
    const slot = slotOf(key)
    return this.moved.get(slot) ?? this.ranges.find(({ from, to }) => from <= slot && slot <= to)?.master
  }

  /** Returns the address of a server. */
  node(name: string): RedisAddress | undefined {
    return this.nodes.get(name)
  }

  /** The names of all known servers, including replicas. */
  get names(): readonly string[] {
    return [...this.nodes.keys()]
  }

  /**
   * Applies the answer to `CLUSTER SLOTS`.
   *
   * @param answeredBy the server that answered; an entry without a host means this server
   */
  take(answer: unknown, answeredBy: RedisLocation): void {
    if (!Array.isArray(answer)) return
    this.nodes.clear()
    this.moved.clear()
    this.ranges = (answer as [number, number, ...[string | null, number][]][]).flatMap(([from, to, ...servers]) => {
      const [master] = servers.map(([host, port]) => this.add(host, port, answeredBy))
      return master === undefined ? [] : [{ from: Number(from), to: Number(to), master }]
    })
  }

  /** Applies a redirection by a server: `MOVED 3999 10.0.0.7:6379`. */
  takeMove({ slot, host, port }: Move, answeredBy: RedisLocation): void {
    this.moved.set(slot, this.add(host, port, answeredBy))
  }

  /** Returns the name of the server. */
  private add(host: string | null, port: number, answeredBy: RedisLocation): string {
    const from = partsOf(answeredBy)
    const same = 'path' in from ? 'localhost' : from.host
    const node = nodeOf(this.entry, host === null || host === '' || host === '?' ? same : String(host), Number(port))
    const name = nameOf(node)
    this.nodes.set(name, node)
    return name
  }
}

/** A redirection: the server that has a slot. */
export interface Move {
  readonly slot: number
  readonly host: string
  readonly port: number
}

/** Reads `MOVED 3999 10.0.0.7:6379`; undefined for any other error. */
export function moveIn(cause: unknown): Move | undefined {
  const [, slot, host, port] = /^MOVED (\d+) (\S*):(\d+)/.exec(cause instanceof Error ? cause.message : '') ?? []
  if (host === undefined) return undefined
  return { slot: Number(slot), host: host.replace(/^\[|\]$/g, ''), port: Number(port) }
}
