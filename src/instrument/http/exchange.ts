import type { IncomingMessage } from 'node:http'
// Not the global object, which is a getter.
import { performance } from 'node:perf_hooks'
import { errorTypeOf } from './label-values.js'

/** A request, as the functions of an application receive it. */
export type HttpRequest = Pick<IncomingMessage, 'method' | 'url' | 'headers'>

/** Reads the template of a request's route from a framework, if the framework has chosen it by now. */
export type RouteTemplateSource = () => string | undefined

/**
 * A request and its response, while it is being answered. The object is reused for the next request on its connection.
 */
export class Exchange {
  request: HttpRequest | undefined
  /** Whether the exchange is in progress. */
  open = false
  /** Whether the exchange is counted. */
  measured = false
  method = ''
  transport = 0
  /** When the head of the request had arrived, by `performance.now()`. */
  since = 0
  /** The template of the route, if a framework or the application has set it. */
  route: string | undefined
  /** Called at the end if `route` is undefined: the request may end while the handler is running. */
  templateSource: RouteTemplateSource | undefined
  /** The type of the last error of the request, regardless of its status. */
  errorType: string | undefined
  /** Whether that error came after the status had been sent, so the status does not show it. */
  failedLate = false
  aborted = false
  /** 0 if no status was sent. */
  status = 0
  seconds = 0
  /** Bytes of the body; -1 if unknown. */
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
    this.templateSource = undefined
    this.errorType = undefined
    this.failedLate = false
  }

  /** Whether the status line has been sent. */
  get headSent(): boolean {
    return false
  }

  /** Whether the client has disconnected, which causes all later errors. */
  get abandoned(): boolean {
    return false
  }

  /** Records an error of the application. */
  recordError(error: unknown): void {
    // Later errors follow from the first late one, for example if a framework cannot send its error page.
    if (!this.open || this.abandoned || this.failedLate) return
    this.errorType = errorTypeOf(error)
    this.failedLate ||= this.headSent
  }

  /** Whether the application failed to answer: by its status, or by an error that the status does not show. */
  get failed(): boolean {
    return this.status >= 500 || this.failedLate || (this.status === 0 && this.errorType !== undefined)
  }

  end(aborted: boolean): void {
    this.open = false
    this.aborted = aborted
    this.seconds = (performance.now() - this.since) / 1000
  }
}

const versions = ['1.0', '1.1', '2'] as const

/** Encodes the scheme and the version of HTTP as one small number. */
export function transportOf(encrypted: boolean, major: number, minor: number): number {
  return (encrypted ? versions.length : 0) + (major >= 2 ? 2 : minor === 0 ? 0 : 1)
}

export function schemeOf(transport: number): string {
  return transport >= versions.length ? 'https' : 'http'
}

export function versionOf(transport: number): string {
  return versions[transport % versions.length]!
}
