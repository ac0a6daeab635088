import { reasonOf } from '../../../model/errors.js'
import { withTimeout } from '../../../platform/time-limit.js'
import { ClusterSlots, moveIn } from './cluster-slots.js'
import { libraries, type OwnClient, openClient, type RedisLibrary } from './own-client.js'
import { nameOf, partsOf, type RedisLocation } from './redis-address.js'
import { type RedisSentinels, SentinelRoute } from './sentinels.js'

/** Time limits in milliseconds. */
export interface RedisLimits {
  /** For connecting, TLS and the first commands together. */
  readonly connect: number
  /** For each task on a connection. */
  readonly command: number
}

/** The maximum number of redirections that one task follows in a cluster. */
const mostMoves = 5
/** How many servers of a cluster are queried for its slots, one after the other, before the task fails. */
const mostAsked = 3
/** The server that the options name. */
const entry = ''

/**
 * Connections to one server, or to the servers of a cluster, opened when they are needed. A connection that fails is
 * destroyed, and the next task opens another. Nothing is queued, and no connection keeps the process running.
 *
 * The server that the options name shows whether it is part of a cluster. If so, connections of the same kind to its
 * other servers are opened.
 */
export class RedisConnections {
  private readonly open = new Map<string, Opened>()
  private cluster: ClusterSlots | undefined
  /** Whether a connection has failed: the next task first queries where the keys are. */
  private stale = false
  private refreshing: Promise<void> | undefined
  private slotsQuery: AbortController | undefined
  private closed = false

  private readonly route: SentinelRoute | undefined
  private readonly place: RedisLocation

  constructor(
    place: RedisLocation | RedisSentinels,
    private readonly limits: RedisLimits,
    private readonly among: readonly RedisLibrary[] = libraries,
  ) {
    this.route = 'sentinels' in place ? new SentinelRoute(place) : undefined
    this.place = 'sentinels' in place ? place.sentinels[0]! : place
  }

  /** Runs a task on the server that has a key. Tasks for one key start in the order of the calls. */
  async run<T>(key: string, task: (client: object) => Promise<T>): Promise<T> {
    for (let moves = 0; ; moves++) {
      if (this.closed) throw new Error('the connection was closed')
      if (this.stale) await this.refresh()
      const name = this.cluster?.masterOf(key) ?? entry
      const connection = this.connection(name)
      let client: OwnClient | undefined
      try {
        client = await connection.opening
        if (name === entry && (this.cluster?.masterOf(key) ?? entry) !== entry) {
          // The server that the options name has just turned out to be part of a cluster.
          this.release(name, connection)
          continue
        }
        return await withTimeout(task(client.client), this.limits.command)
      } catch (cause) {
        const to = client && moves < mostMoves ? moveIn(cause) : undefined
        if (to !== undefined) {
          this.cluster ??= new ClusterSlots(this.place)
          this.cluster.takeMove(to, this.placeOf(name))
          continue
        }
        if (client === undefined || isOfConnection(cause)) this.failed(name, connection)
        throw client === undefined && name !== entry ? unreachableNode(name, cause) : cause
      }
    }
  }

  /** Destroys open and opening connections. Later tasks are rejected. */
  async close(): Promise<void> {
    this.closed = true
    this.slotsQuery?.abort()
    for (const [name, connection] of [...this.open]) this.release(name, connection)
  }

  private connection(name: string): Opened {
    let connection = this.open.get(name)
    if (connection === undefined) {
      const giveUp = new AbortController()
      const { signal } = giveUp
      const opening = name === entry ? this.openEntry(signal) : this.openAt(this.placeOf(name), signal)
      connection = { opening, giveUp }
      this.open.set(name, connection)
    }
    return connection
  }

  private openAt(place: RedisLocation, signal: AbortSignal, limit = this.limits.connect): Promise<OwnClient> {
    return openClient(place, limit, this.among, signal)
  }

  private placeOf(name: string): RedisLocation {
    return this.cluster?.node(name) ?? this.place
  }

  private async openEntry(signal: AbortSignal): Promise<OwnClient> {
    // A server behind Sentinel is not part of a cluster.
    if (this.route !== undefined) {
      return this.route.open((address, limit) => this.openAt(address, signal, limit), this.limits.connect)
    }
    const client = await this.openAt(this.place, signal).catch((cause) => {
      throw withoutDatabase(cause, this.place)
    })
    if (this.cluster !== undefined) return client
    try {
      if (!(await withTimeout(isOfCluster(client), this.limits.command))) return client
      const cluster = new ClusterSlots(this.place)
      await withTimeout(this.ask(client, this.place, cluster), this.limits.command)
      this.cluster = cluster
      return client
    } catch (cause) {
      client.destroy()
      throw cause
    }
  }

  /** Without the right to query the slots, or behind a proxy, the errors of commands name the node of a key. */
  private async ask(client: OwnClient, at: RedisLocation, cluster: ClusterSlots): Promise<void> {
    try {
      cluster.take(await client.call('CLUSTER', 'SLOTS'), at)
    } catch (cause) {
      if (!isRefusal(cause)) throw cause
      // A single server has replaced the cluster.
      if (this.cluster === cluster && /cluster support disabled/i.test(cause.message)) this.cluster = undefined
    }
  }

  /** Queries the slots from the known servers, in any order, and from the server that the options name. */
  private refresh(): Promise<void> {
    this.refreshing ??= this.refreshNow().finally(() => {
      this.refreshing = undefined
    })
    return this.refreshing
  }

  private async refreshNow(): Promise<void> {
    const cluster = this.cluster!
    const known = [...cluster.names].sort(() => Math.random() - 0.5).slice(0, mostAsked - 1)
    const places = [...known.map((name) => cluster.node(name)!), this.place]
    let fault: unknown
    for (const place of places) {
      const slotsQuery = new AbortController()
      this.slotsQuery = slotsQuery
      try {
        const client = await this.openAt(place, slotsQuery.signal, this.limits.connect / 2)
        await withTimeout(this.ask(client, place, cluster), this.limits.command / 2)
        this.stale = false
        this.forgetOthers(cluster)
        return
      } catch (cause) {
        fault = cause
        if (slotsQuery.signal.aborted) break
      } finally {
        slotsQuery.abort()
      }
    }
    throw fault
  }

  /** Servers that left the cluster are not queried again. */
  private forgetOthers(cluster: ClusterSlots): void {
    for (const [name, connection] of [...this.open]) {
      if (name !== entry && cluster.node(name) === undefined) this.release(name, connection)
    }
  }

  private failed(name: string, connection: Opened): void {
    this.release(name, connection)
    if (this.cluster !== undefined) this.stale = true
  }

  private release(name: string, connection: Opened): void {
    if (this.open.get(name) === connection) this.open.delete(name)
    connection.giveUp.abort()
  }
}

/** An open or opening connection, which is destroyed when it is released. */
interface Opened {
  readonly opening: Promise<OwnClient>
  readonly giveUp: AbortController
}

async function isOfCluster(client: OwnClient): Promise<boolean> {
  try {
    return /cluster_enabled:1/.test(String(await client.call('INFO', 'cluster')))
  } catch (cause) {
    if (!isRefusal(cause)) throw cause
  }
  try {
    return /cluster_state:/.test(String(await client.call('CLUSTER', 'INFO')))
  } catch (cause) {
    if (!isRefusal(cause)) throw cause
    return false
  }
}

/** Whether a server does not know a command, or denies it to this user. */
function isRefusal(cause: unknown): cause is Error {
  return cause instanceof Error && /^(?:NOPERM|ERR unknown|ERR This instance has cluster)/i.test(cause.message)
}

/**
 * Whether an error concerns the connection. Most answers of Redis, such as `NOSCRIPT …`, `OOM …` or `NOPERM …`, do not;
 * these may concern the whole server.
 */
function isOfConnection(cause: unknown): boolean {
  const answer = cause instanceof Error && /^-?[A-Z]{3,}\b/.test(cause.message)
  return !answer || /^(?:READONLY|LOADING|MASTERDOWN|CLUSTERDOWN|NOAUTH|ECONN|EPIPE)/.test(cause.message)
}

function unreachableNode(name: string, cause: unknown): Error {
  return new Error(`${name}, which the cluster names for these keys: ${reasonOf(cause)}`, { cause })
}

function withoutDatabase(cause: unknown, place: RedisLocation): unknown {
  if (!(cause instanceof Error) || !/SELECT is not allowed in cluster mode/i.test(cause.message)) return cause
  const text = `${nameOf(place)} is one of a cluster, which has no database but 0; leave out the database ${partsOf(place).db}`
  return new Error(text, { cause })
}
