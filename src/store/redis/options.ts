import { hostname } from 'node:os'
import { MetricsError } from '../../model/errors.js'
import { checkOptions, givenOptions, type OptionNames } from '../../model/known-options.js'
import { describe } from '../../model/metric-name.js'
import { addressed, type RedisAddressOptions } from './address-options.js'
import type { RedisTls } from './client/redis-address.js'
import type { RedisSentinelOptions } from './sentinel-options.js'
import { mostShards } from './shards.js'

/** Options of `redis()`. All times are in seconds. */
export interface RedisOptions extends RedisAddressOptions, RedisSentinelOptions {
  /**
   * The address of Redis: `redis://…`, `rediss://…` for TLS, or `unix:///run/redis.sock`. The default is
   * redis://127.0.0.1:6379.
   */
  readonly url?: string | undefined
  /** TLS options for `rediss://…`, such as `{ caFile: '/etc/ssl/redis.pem' }`. */
  readonly tls?: RedisTls | undefined
  /**
   * A client of your own, of `redis` (one server, a cluster, or Sentinel) or of `ioredis`. It is used and never closed;
   * connect it yourself, and listen to its errors.
   */
  readonly client?: object | undefined
  /** The name of this service among others in the same Redis. The default is `promhive`. */
  readonly keyPrefix?: string | undefined
  /** Seconds between two flushes; a process that is killed loses what it counted since the last one. The default is 1. */
  readonly flushInterval?: number | undefined
  /** Seconds for which the keys stay without a flush or a scrape. The default is 3600. */
  readonly expireKeyTime?: number | undefined
  /** Seconds without a sign of life after which a process counts as dead. The default is 15. */
  readonly deadAfter?: number | undefined
  /** Timeout for connecting, TLS and signing in together. The default is 4. Has no effect with a `client` of your own. */
  readonly connectTimeout?: number | undefined
  /** Timeout for the answer to one command. The default is 4. */
  readonly commandTimeout?: number | undefined
  /** Seconds for which a scrape waits for Redis before it shows the last values that were read. The default is 2. */
  readonly scrapeTimeout?: number | undefined
  /** Seconds for which `close()`, or a process that ends, waits for its last flush. The default is 2. */
  readonly closeTimeout?: number | undefined
  /** What a scrape shows: the whole `service` (the default), or the counts of the scraped `instance`. */
  readonly scope?: 'service' | 'instance' | undefined
  /**
   * Whether the processes of a host share a directory, and one of them flushes for all: Redis sees hosts, not
   * processes, and a process that is killed loses nothing. `dir`, or `PROMHIVE_DIR`, names the directory.
   */
  readonly perHost?: boolean | undefined
  /** With `perHost`: the directory that the processes of this host share. */
  readonly dir?: string | undefined
  /** The name of the instance. The default is the name of the host. */
  readonly instance?: string | undefined
  /**
   * The number of shards of a Redis Cluster over which the writers of the service are spread, each with its own hash
   * tag. It may change while processes run. The default is 1.
   */
  readonly shards?: number | undefined
  /**
   * The URL of a replica for scrapes to read from, or a client that reads from replicas. Flushes still go to the
   * primary. This takes the load of scrapes off the primary; they show the counts of other processes with the delay of
   * the replica.
   */
  readonly readFrom?: string | object | undefined
}

const known = {
  url: true,
  tls: true,
  client: true,
  keyPrefix: true,
  flushInterval: true,
  expireKeyTime: true,
  deadAfter: true,
  connectTimeout: true,
  commandTimeout: true,
  scrapeTimeout: true,
  closeTimeout: true,
  scope: true,
  perHost: true,
  dir: true,
  instance: true,
  shards: true,
  readFrom: true,
  host: true,
  port: true,
  db: true,
  username: true,
  password: true,
  sentinels: true,
  name: true,
  sentinelUsername: true,
  sentinelPassword: true,
  sentinelTls: true,
  key_prefix: true,
  expire_key_time: true,
} as const satisfies OptionNames<RedisOptions>

/** The checked options. All times are in milliseconds. */
export interface RedisBackendSettings {
  readonly keyPrefix: string
  readonly flushInterval: number
  readonly expire: number
  readonly deadAfter: number
  readonly connectTimeout: number
  readonly commandTimeout: number
  readonly scrapeTimeout: number
  readonly closeTimeout: number
  readonly scope: 'service' | 'instance'
  readonly instance: string
  readonly shards: number
}

const defaults = {
  keyPrefix: 'promhive',
  flushInterval: 1,
  expireKeyTime: 3600,
  deadAfter: 15,
  connectTimeout: 4,
  commandTimeout: 4,
  scrapeTimeout: 2,
  closeTimeout: 2,
  scope: 'service',
  shards: 1,
} as const

/**
 * Checks the options, and returns them with the address as a URL.
 *
 * @throws MetricsError `OPTION_INVALID`
 */
export function checkRedisOptions(options: RedisOptions): Omit<RedisOptions, keyof RedisAddressOptions> {
  if (typeof options !== 'object' || options === null) throw invalid(`takes an object, got ${describe(options)}`)
  checkOptions('redis', options, known)
  return addressed(options)
}

/** @throws MetricsError `OPTION_INVALID` */
export function settingsOf(options: Omit<RedisOptions, keyof RedisAddressOptions>): RedisBackendSettings {
  if (options.url !== undefined && options.client !== undefined) {
    throw invalid('url and client exclude each other; leave one of them out')
  }
  const withDefaults = { ...defaults, instance: hostname(), ...givenOptions(options) }
  const { keyPrefix, flushInterval, expireKeyTime, deadAfter, scope, instance, shards } = withDefaults
  if (scope !== 'service' && scope !== 'instance') throw invalid(`scope is service or instance, not ${describe(scope)}`)
  if (typeof instance !== 'string' || instance === '') throw invalid('instance must be a text')
  if (!Number.isInteger(shards) || shards < 1 || shards > mostShards) {
    throw invalid(`shards is a whole number from 1 to ${mostShards}, got ${describe(shards)}`)
  }
  return {
    keyPrefix,
    flushInterval: milliseconds('flushInterval', flushInterval, 0.01),
    expire: milliseconds('expireKeyTime', expireKeyTime, 1),
    // A writer must not count as dead because it is late once or twice.
    deadAfter: Math.max(milliseconds('deadAfter', deadAfter, 0.1), flushInterval * 3000),
    connectTimeout: timeout('connectTimeout', withDefaults.connectTimeout),
    commandTimeout: timeout('commandTimeout', withDefaults.commandTimeout),
    scrapeTimeout: timeout('scrapeTimeout', withDefaults.scrapeTimeout),
    closeTimeout: timeout('closeTimeout', withDefaults.closeTimeout),
    scope,
    instance: instance.toWellFormed(),
    shards,
  }
}

/** The maximum of a timer is 24 days. */
function timeout(name: string, seconds: unknown): number {
  return Math.min(milliseconds(name, seconds, 0.01), 2 ** 31 - 1)
}

function milliseconds(name: string, seconds: unknown, least: number): number {
  if (typeof seconds !== 'number' || !(seconds >= least && seconds <= 1e7)) {
    throw invalid(`${name} is a number of seconds from ${least} on, got ${describe(seconds)}`)
  }
  return Math.round(seconds * 1000)
}

function invalid(what: string): MetricsError {
  return new MetricsError('OPTION_INVALID', `redis: ${what}`)
}
