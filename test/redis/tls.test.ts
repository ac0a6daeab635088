import { copyFileSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Redis } from 'ioredis'
import { createClient } from 'redis'
import { describe, expect } from 'vitest'
import { type RedisOptions, redis } from '../../src/redis.js'
import { startRedisForwarder } from '../../src/redis-forwarder.js'
import { libraries, openClient } from '../../src/store/redis/client/own-client.js'
import { Participant } from '../../src/testing/conformance.js'
import { counterOf } from '../../src/testing/counted.js'
import { counterFamily } from '../../src/testing/families.js'
import { type Certificate, hasOpenssl, makeCertificate } from '../helpers/certificates.js'
import { Exposition } from '../helpers/processes/exposition.js'
import { type Stage, test } from '../helpers/processes/stage.js'
import { freePort, hasRedis, RedisServer } from '../helpers/redis/redis-server.js'

const timeout = 120_000
const jobs = counterFamily('jobs_total')
const key = JSON.stringify(['a'])

describe.skipIf(!hasRedis || !hasOpenssl)('Redis with TLS and client certificates', () => {
  test('counts for each client with a certificate, however it is connected', { timeout }, async ({ stage }) => {
    const { url, certificates } = await secureRedis(stage)
    const { caFile, certFile, keyFile } = files(certificates)
    const [ca, cert, pem] = [caFile, certFile, keyFile].map((file) => readFileSync(file, 'utf8')) as [
      string,
      string,
      string,
    ]
    const io = new Redis(url, { tls: { ca, cert, key: pem } })
    const node = await createClient({ url, socket: { tls: true, ca, cert, key: pem } }).connect()
    stage.after(() => {
      io.disconnect()
      node.destroy()
    })
    const ways: RedisOptions[] = [
      { url, tls: { ca, cert, key: pem } },
      { url, tls: files(certificates) },
      { client: io },
      { client: node },
    ]
    const participants = ways.map((options) => participant(stage, options))
    for (const each of participants) {
      counterOf(each, jobs, key).inc(5)
      await each.flush()
    }
    for (const each of participants) {
      expect((await each.read()).total('jobs_total')).toBe(20)
      expect(each.faults).toEqual([])
    }
  })

  test.for(libraries)('is reached by %s with the names of files', { timeout }, async (library, { stage }) => {
    const { url, certificates, port } = await secureRedis(stage)
    const tls = files(certificates)
    for (const place of [
      { url, tls },
      { host: '127.0.0.1', port, db: 0, tls },
    ]) {
      const { client, destroy } = await openClient(place, 30_000, [library])
      expect(await (client as Redis).get('nothing')).toBeNull()
      destroy()
      await expect(openClient({ ...place, tls: {} }, 30_000, [library])).rejects.toThrow(/certificate/)
    }
  })

  test('is reported when its CA is not trusted, and gets the counts when it is', { timeout }, async ({ stage }) => {
    const { url, certificates } = await secureRedis(stage)
    const stranger = participant(stage, { url })
    counterOf(stranger, jobs, key).inc(5)
    expect(await stranger.backend.flush()).toBe(false)
    expect(stranger.faults).toEqual([expect.objectContaining({ code: 'FLUSH_FAILED' })])
    expect(stranger.faults[0]!.message).toMatch(/certificate/)

    // A file that comes later, or is renewed, is read then.
    const later = join(stage.folder(), 'later.pem')
    const early = participant(stage, { url, tls: { ...files(certificates), caFile: later } })
    counterOf(early, jobs, key).inc(7)
    expect(await early.backend.flush()).toBe(false)
    expect(early.faults[0]!.message).toContain('ENOENT')
    copyFileSync(certificates.authority.certfile, later)
    expect(await early.backend.flush()).toBe(true)
    expect((await early.read()).total('jobs_total')).toBe(7)
  })

  test('is configured by a JSON file, and by pytheus’ names', { timeout }, async ({ stage }) => {
    const { url, certificates, port } = await secureRedis(stage)
    const start = async (name: string, config: object, backendClass: string) => {
      const file = join(stage.folder(), name)
      writeFileSync(file, JSON.stringify(config))
      const env = { PROMHIVE_BACKEND_CLASS: backendClass, PROMHIVE_BACKEND_CONFIG: file }
      return stage.start('actor.mjs', { env })
    }
    const tls = files(certificates)
    const [one, two] = [
      await start('ours.json', { url, keyPrefix: 'shop', tls, flushInterval: 0.1 }, 'promhive/redis#redis'),
      await start(
        'theirs.json',
        { host: '127.0.0.1', port, key_prefix: 'shop', tls, flushInterval: 0.1 },
        'pytheus.backends.redis.MultiProcessRedisBackend',
      ),
    ]
    await one.ask('count', 'jobs_total', {}, 3)
    await one.ask('scrape')
    await two.ask('count', 'jobs_total', {}, 4)
    for (const actor of [two, one]) {
      expect(new Exposition(await actor.ask('scrape')).value('jobs_total')).toBe(7)
      expect(await actor.ask('faults')).toEqual([])
    }
  })

  test('gets what the forwarder forwards', { timeout }, async ({ stage }) => {
    const { url, certificates } = await secureRedis(stage)
    const registry = {
      expose: async () => ({ contentType: 'text/plain', chunks: [Buffer.from('jobs_total 3\n')] }),
    }
    const forwarder = startRedisForwarder({ url, tls: files(certificates), registry: registry as never })
    stage.after(() => forwarder.stop())
    expect(await forwarder.forward()).toBe('ok')
  })

  test.each([
    ['tls: true', { url: 'rediss://127.0.0.1', tls: true }, /tls takes an object/],
    ['a url that is not secure', { url: 'redis://127.0.0.1', tls: {} }, /rediss:/],
    ['a client', { client: {}, tls: {} }, /rediss:/],
    ['a file that is not a path', { url: 'rediss://127.0.0.1', tls: { caFile: 1 } }, /tls\.caFile/],
  ])('is refused with %s', (_, options, message) => {
    expect(() => redis(options as RedisOptions)).toThrow(message)
  })
})

/** A CA of the test, and the certificates that it has signed. */
interface Certificates {
  readonly authority: Certificate
  readonly server: Certificate
  readonly client: Certificate
}

function files({ authority, client }: Certificates) {
  return { caFile: authority.certfile, certFile: client.certfile, keyFile: client.keyfile }
}

/** A server that takes no connection in the clear, nor any without a certificate. */
async function secureRedis(stage: Stage) {
  const folder = stage.folder()
  const authority = makeCertificate(folder, 'authority')
  const [server, client] = [makeCertificate(folder, 'server', authority), makeCertificate(folder, 'client', authority)]
  const certificates: Certificates = { authority, server, client }
  const port = await freePort()
  const tls = { ca: authority.certfile, cert: client.certfile, key: client.keyfile }
  const words = ['--tls-port', String(port), '--tls-cert-file', server.certfile, '--tls-key-file', server.keyfile]
  await RedisServer.start(stage, { port, tls, args: [...words, '--tls-ca-cert-file', authority.certfile] })
  return { certificates, port, url: `rediss://127.0.0.1:${port}` }
}

function participant(stage: Stage, options: RedisOptions) {
  const backend = redis(options)
  const made = new Participant(backend)
  stage.after(() => made.end())
  return Object.assign(made, { backend })
}
