import { MetricsError } from '../../model/errors.js'
import { describe } from '../../model/metric-name.js'

/** Allows every name. */
const any = '*'

/**
 * Decides which `Host` headers a port answers. On a loopback address, these are only names of this machine and
 * configured names: with DNS rebinding, a page in a browser could reach a loopback port under the page's own host name.
 */
export class AllowedHosts {
  private readonly names: ReadonlySet<string>
  private readonly checks: boolean

  /**
   * @param host the configured host to listen on
   * @param bound the address that the port listens on
   * @param allowed further names; with any of them, the header is checked on every address
   */
  constructor(host: string, bound: string, allowed: readonly string[]) {
    this.names = new Set([host, bound, ...allowed].map((name) => nameIn(name)))
    this.checks = !allowed.includes(any) && (allowed.length > 0 || isLoopback(bound))
  }

  /** A request of HTTP/1.0 may have no such header; a browser always sends one. */
  allows(header: string | undefined): boolean {
    if (!this.checks || header === undefined || header === '') return true
    const name = nameIn(header)
    return this.names.has(name) || isLoopback(name)
  }
}

/** @throws MetricsError `OPTION_INVALID` */
export function checkAllowedHosts(hosts: unknown, nameOf: (option: string) => string): readonly string[] {
  if (hosts === undefined) return []
  const valid = Array.isArray(hosts) && hosts.every((name) => typeof name === 'string' && /^[^\s/@,]+$/.test(name))
  if (valid) return hosts as readonly string[]
  const text = `${nameOf('allowedHosts')} must be an array of host names such as ['metrics.example.com'], got ${describe(hosts)}`
  throw new MetricsError('OPTION_INVALID', text)
}

/** Returns the name or address in a `Host` header, without port, brackets and final dot. */
function nameIn(header: string): string {
  const [, inBrackets, name] = /^(?:\[([^\]]*)\]|([^:]*))(?::\d*)?$/.exec(header.trim()) ?? []
  return (inBrackets ?? name ?? header).toLowerCase().replace(/\.$/, '')
}

/** Whether a name or an address is that of this machine for itself. */
export function isLoopback(name: string): boolean {
  return (
    /^(?:.+\.)?localhost$/.test(name) ||
    /^(?:::ffff:)?127\.\d{1,3}\.\d{1,3}\.\d{1,3}$/.test(name) ||
    /^(?:0*:){2,7}0*1$/.test(name)
  )
}
