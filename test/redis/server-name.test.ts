import { readFileSync } from 'node:fs'
import { connect } from 'node:net'
import { createServer } from 'node:tls'
import { describe, expect } from 'vitest'
import { libraries, openClient } from '../../src/store/redis/client/own-client.js'
import { nodeOf, type RedisLocation } from '../../src/store/redis/client/redis-address.js'
import { hasOpenssl, makeCertificate } from '../helpers/certificates.js'
import { type Stage, test } from '../helpers/processes/stage.js'
import { hasRedis, RedisServer } from '../helpers/redis/redis-server.js'

describe.skipIf(!hasRedis || !hasOpenssl)('the name of the server (SNI)', () => {
  test.for(libraries)('is sent by %s, unless it is an IP address', async (library, { stage }) => {
    const { port, names, tls } = await secure(stage, 'IP:127.0.0.1,DNS:localhost')
    const named = `rediss://localhost:${port}`
    const places: (readonly [RedisLocation, string | false])[] = [
      [{ url: named, tls }, 'localhost'],
      [{ host: 'localhost', port, db: 0, tls }, 'localhost'],
      [{ url: `rediss://127.0.0.1:${port}`, tls }, false],
      [{ host: '127.0.0.1', port, db: 0, tls }, false],
      [{ url: `rediss://127.0.0.1:${port}`, tls: { ...tls, servername: 'localhost' } }, 'localhost'],
      // The nodes of a cluster that announce addresses show a certificate for the name that the user knows.
      [nodeOf({ url: named, tls }, '127.0.0.1', port), 'localhost'],
      [nodeOf({ url: `rediss://127.0.0.1:${port}`, tls }, 'localhost', port), 'localhost'],
      [nodeOf({ url: `rediss://127.0.0.1:${port}`, tls }, '127.0.0.1', port), false],
    ]
    for (const [place, name] of places) {
      const { client, destroy } = await openClient(place, 10_000, [library])
      expect(await (client as { get(key: string): Promise<unknown> }).get('nothing')).toBeNull()
      expect(names.pop()).toBe(name)
      destroy()
    }
    // That certificate may be for the name alone, or for the address.
    for (const alternative of ['DNS:localhost', 'IP:127.0.0.1', 'DNS:example.com']) {
      const other = await secure(stage, alternative)
      const entry = { url: `rediss://localhost:${other.port}`, tls: other.tls }
      const opening = openClient(nodeOf(entry, '127.0.0.1', other.port), 10_000, [library])
      if (alternative === 'DNS:example.com') await expect(opening).rejects.toThrow(/does not match certificate/)
      else (await opening).destroy()
    }
    const wrong = { url: named, tls: { ...tls, servername: 'example.com' } }
    await expect(openClient(wrong, 10_000, [library])).rejects.toThrow(/does not match certificate/)
  })
})

/** A proxy in front of Redis that keeps the names by which it was asked for. */
async function secure(stage: Stage, alternatives: string) {
  const redis = await RedisServer.start(stage)
  const folder = stage.folder()
  const authority = makeCertificate(folder, 'authority')
  const { certfile, keyfile } = makeCertificate(folder, 'server', authority, alternatives)
  const names: (string | false)[] = []
  const server = createServer({ cert: readFileSync(certfile), key: readFileSync(keyfile) }, (socket) => {
    names.push((socket as { servername?: string | false }).servername ?? false)
    const behind = connect(redis.port, '127.0.0.1')
    for (const each of [socket, behind]) each.on('error', () => {})
    socket.on('close', () => behind.destroy()).pipe(behind)
    behind.on('close', () => socket.destroy()).pipe(socket)
  })
  server.on('tlsClientError', () => {})
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  stage.after(() => void server.close())
  const { port } = server.address() as { port: number }
  return { port, names, tls: { caFile: authority.certfile } }
}
