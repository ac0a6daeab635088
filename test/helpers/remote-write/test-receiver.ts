import {
  createServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from 'node:http'
import { buffer } from 'node:stream/consumers'
import { freePort } from '../processes/port.js'
import type { Stage } from '../processes/stage.js'
import { bySeries, type ReadRequest, readBody } from './messages.js'

/** An answer: a status, with the headers of receivers of version 2.0 if the request has that version; or all of it. */
type ReceiverAnswer =
  | number
  | 'none'
  | { readonly status: number; readonly headers?: Readonly<Record<string, string>>; readonly body?: string }

export interface ReceivedRequest extends ReadRequest {
  readonly headers: IncomingHttpHeaders
  readonly body: Buffer
  /** The status of the answer; 0 if the connection was cut instead. */
  readonly status: number
}

/** A receiver that reads both versions, records each request, and answers what the test wants. */
export class TestReceiver {
  readonly requests: ReceivedRequest[] = []
  /** The answers to the next requests; after them, each one is accepted. */
  readonly answers: ReceiverAnswer[] = []
  private server: Server | undefined

  private constructor(private readonly port: number) {}

  static async start(stage: Stage, ...answers: readonly ReceiverAnswer[]): Promise<TestReceiver> {
    const receiver = new TestReceiver(await freePort())
    stage.after(() => receiver.stop())
    receiver.answers.push(...answers)
    await receiver.start()
    return receiver
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}/api/v1/write`
  }

  /** The requests with samples. */
  get writes(): readonly ReceivedRequest[] {
    return this.requests.filter(({ series }) => series.length > 0)
  }

  /** The times and values of a series in the accepted requests, in their order. */
  samplesOf(name: string): readonly (readonly [timestamp: number, value: number | 'stale'])[] {
    return this.writes.flatMap((request) => {
      const value = bySeries(request)[name]
      return request.status >= 300 || request.status === 0 || value === undefined
        ? []
        : [[request.series[0]!.timestamp, value] as const]
    })
  }

  start(): Promise<void> {
    this.server = createServer((request, response) => void this.receive(request, response))
    return new Promise((resolve) => this.server!.listen(this.port, '127.0.0.1', resolve))
  }

  /** Refuses connections until it is started again. */
  async stop(): Promise<void> {
    const { server } = this
    this.server = undefined
    if (server === undefined) return
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  }

  private async receive(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await buffer(request)
    const read = readBody(body, request.headers['content-type'])
    const answer = this.answers.shift() ?? 204
    const status = answer === 'none' ? 0 : typeof answer === 'number' ? answer : answer.status
    this.requests.push({ ...read, headers: request.headers, body, status })
    if (answer === 'none') {
      response.destroy()
      return
    }
    const { headers = {}, body: text = '' } = typeof answer === 'number' ? {} : answer
    if (typeof answer === 'number' && status < 300 && request.headers['content-type']?.includes('v2')) {
      response.setHeader('X-Prometheus-Remote-Write-Samples-Written', read.series.length)
    }
    response.writeHead(status, headers).end(text)
  }
}
