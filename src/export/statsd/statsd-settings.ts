import { MetricsError } from '../../model/errors.js'
import { describe } from '../../model/metric-name.js'
import type { StatsdTransport } from './connection.js'
import { ClientTransport, type HotShots, UnixTransport } from './hot-shots-transport.js'
import { statsdAddress } from './statsd-address.js'
import { formatNames, type StatsdFormat } from './statsd-format.js'
import { UdpTransport } from './udp-transport.js'

/** Where and how statsd receives the numbers. */
export interface StatsdPlace {
  /** `udp://host:port`, or `unix:///path` for a Unix datagram socket. The default is `udp://127.0.0.1:8125`. */
  readonly address?: string | undefined
  /**
   * A client of the package hot-shots to send with, instead of an address. Its prefix, tags and sampling do not apply,
   * and promhive never closes it.
   */
  readonly client?: object | undefined
  /** How labels are written. The default is `plain`: in the name. */
  readonly format?: StatsdFormat | undefined
  /** The beginning of every name, such as `shop.`. */
  readonly prefix?: string | undefined
  /** The size of a datagram: 1432 bytes over UDP, 8192 to a Unix socket. */
  readonly maxDatagramBytes?: number | undefined
  /** Which processes send: `one` for all of them (the default), or `each` its own numbers. */
  readonly from?: 'one' | 'each' | undefined
  /** With `from: 'each'`, whether every series has the label of its process. The default is true. */
  readonly workerTag?: boolean | undefined
}

/** The checked options. */
export interface StatsdSettings {
  readonly transport: StatsdTransport
  readonly format: StatsdFormat
  readonly prefix: string
  readonly from: 'one' | 'each'
  readonly workerTag: boolean
}

const defaults = { address: 'udp://127.0.0.1:8125', udpBytes: 1432, unixBytes: 8192 } as const

/** The least size in which a series with some labels fits, and the most that UDP carries. */
const [leastBytes, mostBytes] = [64, 65_507]

/** @throws MetricsError `OPTION_INVALID` */
export function statsdSettings(options: StatsdPlace): StatsdSettings {
  const { format = 'plain', prefix = '', from = 'one', workerTag = true } = options
  if (!formatNames.includes(format)) throw invalid(`format is ${formatNames.join(', ')}, not ${describe(format)}`)
  if (typeof prefix !== 'string' || !/^[\w.-]*$/.test(prefix)) {
    throw invalid(`prefix must be letters, digits and "_", "-" or ".", such as "shop.", got ${describe(prefix)}`)
  }
  if (from !== 'one' && from !== 'each') throw invalid(`from is one or each, not ${describe(from)}`)
  if (typeof workerTag !== 'boolean') throw invalid(`workerTag must be true or false, got ${describe(workerTag)}`)
  return { transport: transportOf(options), format, prefix, from, workerTag }
}

function transportOf({ address, client, maxDatagramBytes }: StatsdPlace): StatsdTransport {
  if (client !== undefined) {
    if (address !== undefined) throw invalid('give an address or a client, not both')
    if (!isHotShots(client)) throw invalid(`client must be a client of hot-shots, got ${describe(client)}`)
    return new ClientTransport(client, bytes(maxDatagramBytes, client.protocol !== 'uds'))
  }
  const place = statsdAddress('startStatsd', address ?? defaults.address)
  return place.kind === 'udp'
    ? new UdpTransport(place, bytes(maxDatagramBytes, true))
    : new UnixTransport(place.path, bytes(maxDatagramBytes, false))
}

function bytes(value: unknown, isUdp: boolean): number {
  if (value === undefined) return isUdp ? defaults.udpBytes : defaults.unixBytes
  if (Number.isInteger(value) && (value as number) >= leastBytes && (value as number) <= mostBytes)
    return value as number
  throw invalid(`maxDatagramBytes must be a whole number from ${leastBytes} to ${mostBytes}, got ${describe(value)}`)
}

function isHotShots(client: unknown): client is HotShots {
  return typeof (client as HotShots | null)?.sendMessage === 'function'
}

function invalid(what: string): MetricsError {
  return new MetricsError('OPTION_INVALID', `startStatsd: ${what}`)
}
