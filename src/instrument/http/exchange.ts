import type { IncomingMessage } from 'node:http'
// Not the global one: that is looked up through a getter, each time.
import { performance } from 'node:perf_hooks'

/** A request, as the functions see it that an application hands in. */
export type HttpRequest = Pick<IncomingMessage, 'method' | 'url' | 'headers'>

/** A request and its response, while it is being answered. The object is used again for the next one on its connection. */
export class Exchange {
  request: HttpRequest | undefined
  /** Whether it is under way. */
  open = false
  /** Whether it counts. */
  measured = false
  method = ''
  transport = 0
  /** When its head had arrived, by `performance.now()`. */
  since = 0
  /** The template of its route, where a framework or the application told it. */
  route: string | undefined
  errorType: string | undefined
  aborted = false
  /** 0 where there was none. */
  status = 0
  seconds = 0
  /** Bytes of the body; -1 where nobody knows. */
  requestSize = -1
  responseSize = -1

  begin(request: HttpRequest, method: string, transport: number): void {
    this.request = request
    this.open = true
    this.measured = false
    this.method = method
    this.transport = transport
    this.since = performance.now()
    this.route = undefined
    this.errorType = undefined
  }

  end(aborted: boolean): void {
    this.open = false
    this.aborted = aborted
    this.seconds = (performance.now() - this.since) / 1000
  }
}

const versions = ['1.0', '1.1', '2'] as const

/** The scheme and the version of HTTP, as one small number. */
export function transportOf(encrypted: boolean, major: number, minor: number): number {
  return (encrypted ? versions.length : 0) + (major >= 2 ? 2 : minor === 0 ? 0 : 1)
}

export function schemeOf(transport: number): string {
  return transport >= versions.length ? 'https' : 'http'
}

export function versionOf(transport: number): string {
  return versions[transport % versions.length]!
}
