import { readFileSync } from 'node:fs'
import http, { type IncomingMessage } from 'node:http'
import https, { type RequestOptions } from 'node:https'
import { reasonOf } from '../../../model/errors.js'
import { withTimeout } from '../../../platform/time-limit.js'
import { adviceFor } from '../../send/fault-advice.js'
import { contentOf, EtcdError } from './etcd-error.js'
import type { EtcdSettings } from './etcd-options.js'

/** Characters: the keys of 50,000 targets. */
const longestAnswer = 2 ** 24

/** What a client needs to know of the settings. */
type EtcdAccess = Pick<EtcdSettings, 'endpoints' | 'login' | 'tls' | 'timeout'>

/**
 * A client of etcd's JSON gateway. If a member of the cluster cannot be reached in time, it asks the next one. Its
 * connections do not keep the process running.
 */
export class EtcdClient {
  private readonly agents = {
    'http:': new http.Agent({ keepAlive: true, maxSockets: 4 }),
    'https:': new https.Agent({ keepAlive: true, maxSockets: 4 }),
  }
  /** The index of the member that answered last. */
  private preferred = 0
  private token: Promise<string | undefined> | undefined

  constructor(private readonly access: EtcdAccess) {}

  /** The member that answered last, such as `http://127.0.0.1:2379`. */
  get endpoint(): string {
    return this.access.endpoints[this.preferred]!
  }

  /**
   * Calls a method of the gateway, such as `/v3/kv/put`.
   *
   * @throws EtcdError
   */
  async call<T>(path: string, body: object): Promise<T> {
    const { endpoints } = this.access
    const first = this.preferred
    const faults: string[] = []
    for (let i = 0; i < endpoints.length; i++) {
      const index = (first + i) % endpoints.length
      const endpoint = endpoints[index]!
      try {
        const content = await this.signedIn(endpoint, (token) => this.ask<T>(endpoint, path, body, token))
        this.preferred = index
        return content
      } catch (cause) {
        const error = asEtcdError(cause, endpoint)
        const text = `etcd at ${endpoint}: ${error.message}`
        if (!error.unavailable) throw new EtcdError(text, error.code, { cause })
        faults.push(text)
      }
    }
    throw new EtcdError(faults.join('; '))
  }

  /**
   * Opens a stream of the gateway at the member that answered last, and yields its messages until it ends.
   *
   * @param signal ends the stream without an error
   * @throws EtcdError if the first message does not arrive in time, or the connection ends with an error
   */
  async *stream<T>(path: string, body: object, signal: AbortSignal): AsyncGenerator<T> {
    if (signal.aborted) return
    const { endpoint } = this
    const ended = new AbortController()
    const end = (): void => ended.abort()
    signal.addEventListener('abort', end)
    let rest = ''
    try {
      const token = await this.currentToken(endpoint)
      const opened = this.send(endpoint, path, body, { token, signal: ended.signal, stream: true })
      const response = await withTimeout(opened, this.access.timeout)
      const status = response.statusCode ?? 0
      for await (const text of response.setEncoding('utf8')) {
        const lines = (rest + text).split('\n')
        rest = lines.pop()!
        checkLength(rest)
        for (const line of lines) if (line.trim() !== '') yield contentOf<T>(line, status)
      }
      if (rest.trim() !== '') yield contentOf<T>(rest, status)
    } catch (cause) {
      if (signal.aborted) return
      const error = asEtcdError(cause, endpoint)
      throw new EtcdError(`etcd at ${endpoint}: ${error.message}`, error.code, { cause })
    } finally {
      signal.removeEventListener('abort', end)
      end()
    }
  }

  /** Makes the client sign in again before the next request. */
  forgetToken(): void {
    this.token = undefined
  }

  /** Closes idle connections. The client may be used again. */
  close(): void {
    for (const agent of Object.values(this.agents)) agent.destroy()
  }

  private async signedIn<T>(endpoint: string, ask: (token: string | undefined) => Promise<T>): Promise<T> {
    try {
      return await ask(await this.currentToken(endpoint))
    } catch (error) {
      if (this.access.login === undefined || !(error instanceof EtcdError && error.needsLogin)) throw error
      this.forgetToken()
      return ask(await this.currentToken(endpoint))
    }
  }

  private currentToken(endpoint: string): Promise<string | undefined> {
    const { login } = this.access
    if (login === undefined) return Promise.resolve(undefined)
    if (this.token === undefined) {
      const token = this.authenticate(endpoint, login)
      this.token = token
      token.catch(() => {
        if (this.token === token) this.token = undefined
      })
    }
    return this.token
  }

  private async authenticate(endpoint: string, login: NonNullable<EtcdSettings['login']>): Promise<string | undefined> {
    try {
      const body = { name: login.username, password: login.password }
      return (await this.ask<{ readonly token: string }>(endpoint, '/v3/auth/authenticate', body, undefined)).token
    } catch (error) {
      // The user was configured before etcd requires one.
      if (error instanceof EtcdError && /authentication is not enabled/.test(error.message)) return undefined
      throw error
    }
  }

  private async ask<T>(endpoint: string, path: string, body: object, token: string | undefined): Promise<T> {
    const ended = new AbortController()
    const answer = async (): Promise<T> => {
      const response = await this.send(endpoint, path, body, { token, signal: ended.signal, stream: false })
      let text = ''
      for await (const part of response.setEncoding('utf8')) checkLength((text += part))
      return contentOf<T>(text, response.statusCode ?? 0)
    }
    try {
      return await withTimeout(answer(), this.access.timeout)
    } catch (cause) {
      ended.abort()
      throw cause
    }
  }

  /** Sends a request; resolves with the start of the answer. */
  private send(endpoint: string, path: string, body: object, options: SendOptions): Promise<IncomingMessage> {
    const { token, signal, stream } = options
    const { protocol, hostname, port } = new URL(endpoint)
    const secure = protocol === 'https:'
    const text = JSON.stringify(body)
    return new Promise((resolve, reject) => {
      const requestOptions: RequestOptions = {
        method: 'POST',
        hostname: hostname.replace(/^\[|\]$/g, ''),
        port,
        path,
        signal,
        // A stream ends with its connection.
        agent: stream ? false : secure ? this.agents['https:'] : this.agents['http:'],
        headers: {
          'Content-Type': 'application/json',
          'Content-Length': Buffer.byteLength(text),
          // A member that is cut off from the others ends the stream.
          ...(stream && { 'Grpc-Metadata-hasleader': 'true' }),
          ...(token !== undefined && { Authorization: token }),
        },
        ...(secure && this.certificates()),
      }
      const request = (secure ? https : http).request(requestOptions, resolve)
      request.on('socket', (socket) => {
        socket.unref()
        // Notices a host that has disappeared while the stream is silent.
        if (stream) socket.setKeepAlive(true, 10_000)
      })
      request.on('error', (error: NodeJS.ErrnoException) => {
        // The server has closed an idle connection that was about to be used.
        if (request.reusedSocket && error.code === 'ECONNRESET' && !signal.aborted) {
          this.send(endpoint, path, body, options).then(resolve, reject)
        } else reject(error)
      })
      // Such as an answer that changes the protocol: Node then closes the connection without an error.
      request.on('close', () => reject(new Error('the connection was closed without an answer')))
      request.end(text)
    })
  }

  private certificates(): Pick<RequestOptions, 'ca' | 'cert' | 'key'> {
    const { caFile, certFile, keyFile } = this.access.tls
    return {
      ...(caFile !== undefined && { ca: readFileSync(caFile) }),
      ...(certFile !== undefined && { cert: readFileSync(certFile) }),
      ...(keyFile !== undefined && { key: readFileSync(keyFile) }),
    }
  }
}

interface SendOptions {
  readonly token: string | undefined
  readonly signal: AbortSignal
  readonly stream: boolean
}

/** @throws EtcdError for an answer that no etcd gives; it must not fill the memory */
function checkLength({ length }: string): void {
  if (length <= longestAnswer) return
  throw new EtcdError(`the answer is longer than ${longestAnswer / 2 ** 20} MiB; is it etcd?`)
}

function asEtcdError(cause: unknown, endpoint: string): EtcdError {
  if (cause instanceof EtcdError) return cause
  const advice = adviceFor(cause, endpoint, 'tls.caFile or PROMHIVE_ETCD_CA_FILE')
  return new EtcdError(`${reasonOf(cause)}${advice}`, undefined, { cause })
}
