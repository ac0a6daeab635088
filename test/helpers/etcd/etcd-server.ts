import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { readFileSync, rmSync } from 'node:fs'
import { request as plainRequest } from 'node:http'
import { request as secureRequest } from 'node:https'
import { join } from 'node:path'
import { freePort } from '../processes/port.js'
import type { Stage } from '../processes/stage.js'
import { until } from '../processes/until.js'

/** Whether this system has an etcd; `scripts/provision.mjs` installs one if permitted. */
export const hasEtcd = spawnSync('etcd', ['--version'], { stdio: 'ignore' }).status === 0

/** The files of a server that accepts TLS only, from clients that have a certificate of its CA. */
export interface EtcdServerTls {
  readonly ca: string
  readonly cert: string
  readonly key: string
}

export interface EtcdServerOptions {
  readonly tls?: EtcdServerTls
  /** Further arguments. */
  readonly args?: readonly string[]
}

/** A key and its value, in the forms in which etcd stores them. */
export interface StoredKey {
  readonly key: string
  readonly value: string
  readonly lease: string
}

/** A real etcd of the test's own, on loopback ports, that keeps its data in a folder of the test's. */
export class EtcdServer {
  private child: ChildProcess | undefined
  private ended: Promise<void> = Promise.resolve()
  private token: string | undefined

  private constructor(
    readonly url: string,
    private readonly args: readonly string[],
    private readonly data: string,
    private readonly tls: EtcdServerTls | undefined,
  ) {}

  static async start(stage: Stage, options: EtcdServerOptions = {}): Promise<EtcdServer> {
    const [server] = await EtcdServer.startCluster(stage, 1, options)
    return server!
  }

  /** Members of one cluster. */
  static async startCluster(stage: Stage, size: number, { tls, args = [] }: EtcdServerOptions = {}) {
    const port = await freePort(2 * size)
    const scheme = tls === undefined ? 'http' : 'https'
    const cluster = Array.from({ length: size }, (_, i) => `m${i}=http://127.0.0.1:${port + size + i}`).join(',')
    const servers = Array.from({ length: size }, (_, i) => {
      const url = `${scheme}://127.0.0.1:${port + i}`
      const peer = `http://127.0.0.1:${port + size + i}`
      const data = join(stage.folder(), 'data')
      const words = {
        name: `m${i}`,
        'data-dir': data,
        'listen-client-urls': url,
        'advertise-client-urls': url,
        'listen-peer-urls': peer,
        'initial-advertise-peer-urls': peer,
        'initial-cluster': cluster,
        // A server alone elects itself at once.
        ...(size === 1 && { 'heartbeat-interval': '20', 'election-timeout': '200' }),
        'bcrypt-cost': '4',
        ...(tls !== undefined && {
          'trusted-ca-file': tls.ca,
          'cert-file': tls.cert,
          'key-file': tls.key,
          'client-cert-auth': 'true',
        }),
      }
      const all = [...Object.entries(words).map(([name, value]) => `--${name}=${value}`), ...args]
      return new EtcdServer(url, all, data, tls)
    })
    for (const server of servers) stage.after(() => server.kill())
    await Promise.all(servers.map((server) => server.launch()))
    return servers
  }

  /** Starts it again, with its data or as a new one. */
  async launch({ empty = false } = {}): Promise<void> {
    if (empty) rmSync(this.data, { recursive: true, force: true })
    const child = spawn('etcd', this.args, { stdio: ['ignore', 'ignore', 'pipe'], env: { PATH: process.env.PATH } })
    this.child = child
    let log = ''
    child.stderr!.setEncoding('utf8').on('data', (text: string) => (log = (log + text).slice(-10_000)))
    this.ended = new Promise((resolve) => child.once('exit', () => resolve()))
    await until(
      () => {
        if (child.exitCode !== null) throw new Error(`etcd ended: ${log}`)
        // Answered by the leader of a cluster only once there is one.
        return this.call('/v3/kv/range', { key: base64('none') }).then(
          () => true,
          (error: Error) => /user name is empty|invalid auth token|auth store is old/.test(error.message),
        )
      },
      (ready) => ready,
    )
  }

  async kill(signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
    this.child?.kill(signal)
    await this.ended
  }

  /** Lets it hang, or continue. */
  signal(signal: 'SIGSTOP' | 'SIGCONT'): void {
    this.child?.kill(signal)
  }

  /** All keys below a prefix. */
  async keys(prefix = '/promhive/targets/'): Promise<StoredKey[]> {
    const range = { key: base64(prefix), range_end: base64(`${prefix.slice(0, -1)}0`) }
    const { kvs = [] } = await this.call<{ kvs?: StoredKey[] }>('/v3/kv/range', range)
    return kvs.map(({ key, value = '', lease = '0' }) => ({ key: textOf(key), value: textOf(value), lease }))
  }

  async put(key: string, value: string): Promise<void> {
    await this.call('/v3/kv/put', { key: base64(key), value: base64(value) })
  }

  async delete(key: string): Promise<void> {
    await this.call('/v3/kv/deleterange', { key: base64(key) })
  }

  /** The number of the last change. */
  async revision(): Promise<number> {
    const { header } = await this.call<{ header: { revision: string } }>('/v3/kv/range', { key: base64('none') })
    return Number(header.revision)
  }

  /** Forgets all revisions but the present one. */
  async compact(): Promise<void> {
    await this.call('/v3/kv/compaction', { revision: await this.revision(), physical: true })
  }

  async leases(): Promise<string[]> {
    const { leases = [] } = await this.call<{ leases?: { ID: string }[] }>('/v3/lease/leases', {})
    return leases.map(({ ID }) => ID)
  }

  async revoke(lease: string): Promise<void> {
    await this.call('/v3/lease/revoke', { ID: lease })
  }

  /** Requires users from now on: `root`, and one that may read and write below a prefix. The test itself signs in as root. */
  async requireUsers(username: string, password: string, prefix = '/promhive/targets/'): Promise<void> {
    for (const name of ['root', username]) await this.call('/v3/auth/role/add', { name })
    const perm = { permType: 'READWRITE', key: base64(prefix), range_end: base64(`${prefix.slice(0, -1)}0`) }
    await this.call('/v3/auth/role/grant', { name: username, perm })
    await this.call('/v3/auth/user/add', { name: 'root', password: 'root' })
    await this.call('/v3/auth/user/add', { name: username, password })
    for (const name of ['root', username]) await this.call('/v3/auth/user/grant', { user: name, role: name })
    await this.call('/v3/auth/enable', {})
    await this.signIn()
  }

  /** Ends the tokens of a user, as changing the password does. */
  async endTokens(username: string, password: string): Promise<void> {
    await this.call('/v3/auth/user/changepw', { name: username, password })
  }

  /** Makes the test sign in again. */
  async signIn(): Promise<void> {
    this.token = undefined
    this.token = (await this.call<{ token: string }>('/v3/auth/authenticate', { name: 'root', password: 'root' })).token
  }

  async call<T>(path: string, body: object): Promise<T> {
    const { tls, token } = this
    const text = await new Promise<string>((resolve, reject) => {
      const files = tls && { ca: readFileSync(tls.ca), cert: readFileSync(tls.cert), key: readFileSync(tls.key) }
      const send = tls === undefined ? plainRequest : secureRequest
      const headers = token === undefined ? {} : { Authorization: token }
      const options = { method: 'POST', agent: false as const, headers, timeout: 5_000, ...files }
      const request = send(`${this.url}${path}`, options, (response) => {
        let answer = ''
        response.setEncoding('utf8').on('data', (part: string) => (answer += part))
        response.on('end', () => resolve(answer)).on('error', reject)
      })
      request.on('timeout', () => request.destroy(new Error('etcd does not answer'))).on('error', reject)
      request.end(JSON.stringify(body))
    })
    const answer = JSON.parse(text)
    if (answer.error !== undefined) throw new Error(`${path}: ${answer.error}`)
    return answer
  }
}

function base64(text: string): string {
  return Buffer.from(text).toString('base64')
}

function textOf(encoded: string): string {
  return Buffer.from(encoded, 'base64').toString()
}
