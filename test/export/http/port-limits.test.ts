import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { type Agent, request } from 'node:http'
import { connect, type Socket } from 'node:net'
import { join } from 'node:path'
import { describe, expect } from 'vitest'
import type { Exposition } from '../../../src/export/contract.js'
import { ScrapeQueue } from '../../../src/gather/scrape-queue.js'
import { Gauge, type MetricsServerOptions, Registry, startMetricsServer } from '../../../src/index.js'
import { provideDist } from '../../helpers/processes/dist.js'
import { ask } from '../../helpers/processes/http.js'
import { type Stage, test } from '../../helpers/processes/stage.js'
import { until } from '../../helpers/processes/until.js'

const MiB = 1024 * 1024

describe('a client that reads nothing', () => {
  test('is disconnected after sendTimeout; one that reads is not', async ({ stage }) => {
    const metrics = await serve(
      stage,
      bodies(() => [Buffer.alloc(16 * MiB, 'a')]),
      { sendTimeout: 4_000 },
    )
    const silent = await Promise.all(Array.from({ length: 5 }, () => deaf(stage, metrics.port)))
    const { body } = await ask(metrics.url)
    expect(body.length).toBe(16 * MiB)
    await until(
      () => silent.filter(({ closed }) => !closed()).length,
      (left) => left === 0,
      20_000,
    )
  })

  test('admits the next ones before their answers take more than maxWaitingBytes', async ({ stage }) => {
    const maxWaitingBytes = 40 * MiB
    const metrics = await serve(
      stage,
      bodies(() => [Buffer.alloc(16 * MiB, 'a')]),
      { maxWaitingBytes },
    )
    const silent: Deaf[] = []
    for (let i = 0; i < 8; i++) silent.push(await deaf(stage, metrics.port))
    // Two answers of 16 MiB fit, the oldest ones went.
    const closed = () => silent.map((client) => client.closed())
    await until(closed, (each) => each.filter(Boolean).length >= 6, 20_000)
    expect(closed().slice(-2)).toEqual([false, false])
    expect((await ask(metrics.url)).body.length).toBe(16 * MiB)
  })

  test('of an answer of its own is not disconnected while it reads, however many come at once', async ({ stage }) => {
    let made = 0
    const queue = new ScrapeQueue()
    const body = async () => [Buffer.alloc(8 * MiB, String(made++ % 10))]
    const exposition: Exposition = {
      async expose(_accept, _names, limits) {
        return { contentType: 'text/plain', chunks: await queue.share([], body, limits) }
      },
    }
    const metrics = await serve(stage, exposition, { maxWaitingBytes: 36 * MiB })
    // They come one after the other: without a limit each would get an answer of its own.
    const readers: Promise<number>[] = []
    for (let i = 0; i < 12; i++) {
      readers.push(read(metrics.url, 1))
      await new Promise((resolve) => setTimeout(resolve, 5))
    }
    expect(await Promise.all(readers)).toEqual(readers.map(() => 8 * MiB))
    expect(made).toBeLessThan(12)
  })

  test('shares an answer with others: it counts once', async ({ stage }) => {
    const shared = [Buffer.alloc(16 * MiB, 'a')]
    const metrics = await serve(
      stage,
      bodies(() => shared),
      { maxWaitingBytes: 40 * MiB },
    )
    const silent: Deaf[] = []
    for (let i = 0; i < 8; i++) silent.push(await deaf(stage, metrics.port))
    expect((await ask(metrics.url)).body.length).toBe(16 * MiB)
    expect(silent.map((client) => client.closed())).toEqual(silent.map(() => false))
  })
})

describe('a client that hangs up', () => {
  test('has none of its pipelined scrapes worked off', async ({ stage }) => {
    let begun = 0
    const exposition = bodies(() => {
      begun++
      return [Buffer.alloc(64 * 1024, 'a')]
    })
    const metrics = await serve(stage, exposition)
    const socket = connect(metrics.port, '127.0.0.1')
    await once(socket, 'connect')
    // Each asks for something else: none is shared.
    const scrapes = Array.from(
      { length: 5_000 },
      (_, i) => `GET /metrics?name[]=n${i} HTTP/1.1\r\nHost: localhost\r\n\r\n`,
    )
    socket.write(scrapes.join(''), () => socket.destroy())
    await once(socket, 'close')
    // The second one comes when the first, which knew nothing of the end, is over.
    for (let i = 0; i < 2; i++) expect((await ask(metrics.url)).status).toBe(200)
    expect(begun).toBeLessThan(50)
  })

  test('has a scrape dropped that waits for its turn, unless another client shares it', async ({ stage }) => {
    const registry = new Registry()
    let release = (): void => {}
    const held = new Promise<void>((resolve) => {
      release = resolve
    })
    let collected = 0
    new Gauge({
      name: 'g',
      help: 'G.',
      registers: [registry],
      collect() {
        collected++
        return held
      },
    })
    const metrics = await serve(stage, registry)
    const first = ask(metrics.url)
    await until(
      () => collected,
      (count) => count === 1,
    )
    const gone: Socket[] = []
    for (const name of ['a', 'b', 'c', 'd']) gone.push(await asking(metrics.port, `/metrics?name[]=${name}`))
    const shares = ask(`${metrics.url}?name[]=d`)
    // In the queue by now: a request on a further connection is answered.
    expect((await ask(metrics.url.replace('metrics', 'nothing'))).status).toBe(404)
    for (const socket of gone) socket.destroy()
    expect((await ask(metrics.url.replace('metrics', 'nothing'))).status).toBe(404)
    release()
    expect((await first).status).toBe(200)
    expect((await shares).status).toBe(200)
    expect(collected).toBe(2)
  })
})

describe('too many scrapes', () => {
  test('of different families are answered with 503 and Retry-After; those of the same share an answer', async ({
    stage,
  }) => {
    const registry = new Registry()
    let release = (): void => {}
    const held = new Promise<void>((resolve) => {
      release = resolve
    })
    let collecting = false
    new Gauge({
      name: 'g',
      help: 'G.',
      registers: [registry],
      collect() {
        collecting = true
        return held
      },
    })
    const metrics = await serve(stage, registry, { maxQueuedScrapes: 2 })
    const first = ask(metrics.url)
    await until(
      () => collecting,
      (is) => is,
    )
    const accepted = ['a', 'b', 'a', 'b'].map((name) => ask(`${metrics.url}?name[]=${name}`))
    const refused = await until(
      () => ask(`${metrics.url}?name[]=c`),
      ({ status }) => status === 503,
    )
    expect(Number(refused.headers['retry-after'])).toBeGreaterThan(0)
    expect(refused.body).toContain('2 different scrapes are queued already')
    release()
    expect((await Promise.all([first, ...accepted])).map(({ status }) => status)).toEqual([200, 200, 200, 200, 200])
  })

  test('on one connection are answered in their order, and refused beyond a few', async ({ stage }) => {
    const metrics = await serve(
      stage,
      bodies(() => [Buffer.from('body\n')]),
    )
    const socket = connect(metrics.port, '127.0.0.1')
    stage.after(() => void socket.destroy())
    let text = ''
    socket.setEncoding('latin1').on('data', (more: string) => (text += more))
    const three = ['a', 'b', 'c'].map((name) => `GET /metrics?name[]=${name} HTTP/1.1\r\nHost: localhost\r\n\r\n`)
    socket.write(three.join(''))
    await until(
      () => text.match(/^HTTP\/1.1 200 OK/gm)?.length,
      (count) => count === 3,
    )
    socket.write(three.join('').repeat(30))
    await once(socket, 'close')
    expect(text).toMatch(/HTTP\/1.1 503 [\s\S]*are queued on this connection already/)
  })

  test('that share one answer are all answered whole', async ({ stage }) => {
    const chunks = Array.from({ length: 40 }, (_, i) => Buffer.alloc(64 * 1024, 97 + (i % 26)))
    const metrics = await serve(
      stage,
      bodies(() => chunks),
      { maxConnections: 300 },
    )
    const whole = Buffer.concat(chunks).toString('latin1')
    const answers = await Promise.all(Array.from({ length: 60 }, () => ask(metrics.url)))
    expect(answers.filter(({ body }) => body !== whole)).toEqual([])
  })
})

describe('maxConnections', () => {
  test('lets a new connection take the place of the one that has been idle the longest', async ({ stage }) => {
    const metrics = await serve(
      stage,
      bodies(() => [Buffer.from('body\n')]),
      { maxConnections: 3 },
    )
    const idle: Deaf[] = []
    for (let i = 0; i < 6; i++) idle.push(await deaf(stage, metrics.port, ''))
    await until(
      () => idle.map((client) => client.closed()),
      (closed) => closed.join() === 'true,true,true,false,false,false',
    )
    expect((await ask(metrics.url)).status).toBe(200)
  })

  test('refuses a new connection while all of them are being answered', async ({ stage }) => {
    let begun = 0
    const exposition = bodies(() => {
      begun++
      return [Buffer.alloc(16 * MiB, 'a')]
    })
    const metrics = await serve(stage, exposition, { maxConnections: 2 })
    const busy = [await deaf(stage, metrics.port), await deaf(stage, metrics.port)]
    await until(
      () => begun,
      (count) => count === 2,
    )
    const third = await ask(metrics.url).then(
      ({ status }) => status,
      () => 'refused',
    )
    expect(third).toBe('refused')
    expect(busy.map((client) => client.closed())).toEqual([false, false])
    for (const { socket } of busy) socket.destroy()
    const status = (): Promise<number> =>
      ask(metrics.url).then(
        (answer) => answer.status,
        () => 0,
      )
    await until(status, (answered) => answered === 200)
  })

  test('keeps the application within a low limit of open files', { timeout: 120_000 }, async ({ stage }) => {
    provideDist()
    const program = join(import.meta.dirname, 'programs', 'two-ports.mjs')
    const child = spawn('/bin/sh', ['-c', `ulimit -n 100; exec "${process.execPath}" "${program}"`], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    stage.after(async () => {
      child.kill('SIGKILL')
      if (child.exitCode === null && child.signalCode === null) await once(child, 'close')
    })
    let output = ''
    child.stdout.setEncoding('utf8').on('data', (text: string) => (output += text))
    await until(
      () => output,
      (text) => text.includes('\n'),
    )
    const { application, metrics } = JSON.parse(output) as Record<'application' | 'metrics', number>
    for (let i = 0; i < 100; i++) await deaf(stage, metrics, '')
    const url = `http://127.0.0.1:${application}/`
    expect((await ask(url, 'GET', 10_000)).body).toBe('served')
    expect((await ask(`http://127.0.0.1:${metrics}/metrics`, 'GET', 10_000)).body).toContain('served_total 3\n')
  })

  test.for<Partial<MetricsServerOptions>>([
    { maxConnections: 0 },
    { maxQueuedScrapes: 1.5 },
    { maxWaitingBytes: Number.NaN },
    { sendTimeout: -1 },
    { requestTimeout: 2 ** 31 },
    { sendTimeout: '30' as never },
  ])('and the other limits are checked: %o', async (options) => {
    const [name] = Object.keys(options)
    await expect(startMetricsServer({ port: 0, ...options })).rejects.toMatchObject({
      code: 'OPTION_INVALID',
      message: expect.stringContaining(`${name} must be a whole number from 1 to`),
    })
  })
})

test('a connection that sends no request is closed after requestTimeout', async ({ stage }) => {
  const metrics = await serve(
    stage,
    bodies(() => []),
    { requestTimeout: 300 },
  )
  for (const text of ['', 'GET /metrics HTTP/1.1\r\nHost: loc']) {
    const socket = await asking(metrics.port, '', text)
    stage.after(() => void socket.destroy())
    const closed = once(socket.resume(), 'close')
    const late = new Promise((resolve) => setTimeout(() => resolve('late'), 20_000).unref())
    expect(await Promise.race([closed, late])).not.toBe('late')
  }
})

test('keep-alive connections are used again', async ({ stage }) => {
  const metrics = await serve(
    stage,
    bodies(() => [Buffer.from('body\n')]),
  )
  const { Agent: HttpAgent } = await import('node:http')
  const agent: Agent = new HttpAgent({ keepAlive: true, maxSockets: 1 })
  stage.after(() => agent.destroy())
  const ports = new Set<number | undefined>()
  for (let i = 0; i < 5; i++) {
    await new Promise<void>((resolve, reject) => {
      const asked = request(metrics.url, { agent }, (response) => {
        response.resume().once('end', resolve)
      })
      asked.once('error', reject).once('socket', (socket: Socket) => {
        if (socket.connecting) socket.once('connect', () => ports.add(socket.localPort))
        else ports.add(socket.localPort)
      })
      asked.end()
    })
  }
  expect(ports.size).toBe(1)
})

interface Deaf {
  readonly socket: Socket
  closed(): boolean
}

/** A client that sends a request and reads nothing of the answer. It notices nevertheless that its connection is closed. */
async function deaf(stage: Stage, port: number, text?: string): Promise<Deaf> {
  const socket = await asking(port, '/metrics', text)
  stage.after(() => void socket.destroy())
  let closed = false
  socket.once('close', () => {
    closed = true
  })
  // Its unread bytes hide the end of the connection from it; when it sends, it notices that the other side has closed it.
  const probe = setInterval(() => socket.write('\r\n'), 50)
  socket.once('close', () => clearInterval(probe))
  return { socket, closed: () => closed }
}

/** A connection on which a scrape has been sent. */
async function asking(
  port: number,
  path: string,
  text = `GET ${path} HTTP/1.1\r\nHost: localhost\r\n\r\n`,
): Promise<Socket> {
  const socket = connect(port, '127.0.0.1')
  socket.on('error', () => {})
  socket.pause()
  await once(socket, 'connect')
  if (text !== '') await new Promise((resolve) => socket.write(text, resolve))
  return socket
}

/** Replaces a registry: answers each scrape at once with the given bytes. */
function bodies(chunks: () => readonly Uint8Array[]): Exposition {
  return { expose: async () => ({ contentType: 'text/plain', chunks: chunks() }) }
}

async function serve(stage: Stage, registry: Exposition, options: Partial<MetricsServerOptions> = {}) {
  const metrics = await startMetricsServer({ port: 0, registry, ...options })
  stage.after(() => metrics.close())
  return metrics
}

/** Reads an answer with pauses of this number of milliseconds. Returns its length. */
function read(url: string, pause: number): Promise<number> {
  return new Promise((resolve, reject) => {
    request(url, { agent: false }, (response) => {
      let length = 0
      response.on('data', (chunk: Buffer) => {
        length += chunk.length
        response.pause()
        setTimeout(() => response.resume(), pause)
      })
      response.on('end', () => resolve(length))
      response.on('error', reject)
    })
      .on('error', reject)
      .end()
  })
}
