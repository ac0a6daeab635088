import { subscribe } from 'node:diagnostics_channel'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { RequestMetrics } from './request-metrics.js'

/** What the channel of node:http says when a request has come in. */
interface RequestStart {
  readonly request: IncomingMessage
  readonly response: ServerResponse
}

/** The requests of this worker that are being answered, over http and https, as node:http publishes them. */
export class Requests {
  private readonly open = new Map<ServerResponse, { readonly request: IncomingMessage; readonly since: number }>()
  private closing = false
  private answered = 0

  /**
   * @param metrics where they are counted; nowhere when somebody else counts them
   * @param onAnswered told how many were answered so far
   */
  constructor(
    private readonly metrics: RequestMetrics | undefined,
    onAnswered: (answered: number) => void,
  ) {
    subscribe('http.server.request.start', (message) => {
      const { request, response } = message as RequestStart
      const since = performance.now()
      this.open.set(response, { request, since })
      if (this.closing) closeAfter(response)
      response.once('close', () => {
        // A request that an uncaught exception ended has been counted.
        if (!this.open.delete(response)) return
        metrics?.answered(request, response, since)
        onAnswered(++this.answered)
      })
    })
    process.on('uncaughtExceptionMonitor', (error) => this.uncaught(error instanceof Error ? error.name : 'Error'))
  }

  /** From now on every answer ends its connection: the client's next request goes to another worker. */
  closeConnections(): void {
    this.closing = true
    for (const response of this.open.keys()) closeAfter(response)
  }

  private uncaught(type: string): void {
    // Where the application handles it, its requests may still be answered.
    const dies = process.listenerCount('uncaughtException') === 0
    if (!dies || this.open.size === 0) {
      this.metrics?.error(type)
      return
    }
    for (const { request, since } of this.open.values()) this.metrics?.failedWith(type, request, since)
    this.open.clear()
  }
}

function closeAfter(response: ServerResponse): void {
  if (!response.headersSent) response.setHeader('Connection', 'close')
}
