import { MetricsError } from '../../model/errors.js'
import { describe } from '../../model/metric-name.js'

/** Where a server of statsd receives datagrams. */
export type StatsdAddress =
  | { readonly kind: 'udp'; readonly host: string; readonly port: number }
  | { readonly kind: 'unix'; readonly path: string }

const defaultPort = 8125

/**
 * Reads `udp://127.0.0.1:8125`, `127.0.0.1:8125`, `udp://[::1]`, or `unix:///run/datadog/dsd.socket`.
 *
 * @param caller the function in error texts
 * @throws MetricsError `OPTION_INVALID`
 */
export function statsdAddress(caller: string, text: unknown): StatsdAddress {
  const invalid = (): MetricsError =>
    new MetricsError(
      'OPTION_INVALID',
      `${caller}: address must be udp://host:port or unix:///path/of/a/socket, got ${describe(text)}`,
    )
  if (typeof text !== 'string') throw invalid()
  // Datadog's clients write unixgram: and unix:.
  const path = /^unix(?:gram)?:(?:\/\/)?(\/[^\0]+)$/.exec(text)?.[1]
  if (path !== undefined) return { kind: 'unix', path }
  const found = /^(?:udp:\/\/)?(?:\[([\da-f:.]+)\]|([\w.-]+))(?::(\d{1,5}))?\/?$/i.exec(text)
  const host = found?.[1] ?? found?.[2]
  const port = Number(found?.[3] ?? defaultPort)
  if (host === undefined || port < 1 || port > 65_535) throw invalid()
  return { kind: 'udp', host, port }
}

/** Returns the address as it is written in options and error texts. */
export function addressText(address: StatsdAddress): string {
  if (address.kind === 'unix') return `unix://${address.path}`
  const host = address.host.includes(':') ? `[${address.host}]` : address.host
  return `udp://${host}:${address.port}`
}
