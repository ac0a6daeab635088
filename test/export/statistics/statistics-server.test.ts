import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { createConnection, createServer } from 'node:net'
import { join } from 'node:path'
import { describe, expect } from 'vitest'
import { readStatistics } from '../../../src/export/statistics/statistics-reader.js'
import { StatisticsServer } from '../../../src/export/statistics/statistics-server.js'
import type { MetricsError } from '../../../src/model/errors.js'
import { statisticsAddress } from '../../../src/model/statistics-address.js'
import { ask } from '../../helpers/processes/http.js'
import { type Stage, test } from '../../helpers/processes/stage.js'

const told = { version: 'ü', workers: [{ id: 1 }] }

async function open(
  stage: Stage,
  text: string,
  statistics: () => Promise<object> = async () => told,
): Promise<{ server: StatisticsServer; address: string; errors: MetricsError[] }> {
  const errors: MetricsError[] = []
  const server = new StatisticsServer({
    address: statisticsAddress(text)!,
    statistics,
    onError: (error) => errors.push(error),
  })
  await server.start()
  stage.after(() => server.stop())
  return { server, address: server.address!, errors }
}

function read(text: string, milliseconds = 30_000): Promise<object> {
  return readStatistics(statisticsAddress(text)!, milliseconds)
}

/** The file that a killed server leaves: a socket without a listener. */
async function deadSocket(path: string): Promise<void> {
  const { spawnSync } = await import('node:child_process')
  const program = `require('net').createServer().listen(process.argv[1], () => process.kill(process.pid, 'SIGKILL'))`
  spawnSync(process.execPath, ['-e', program, path])
  expect(statSync(path).isSocket()).toBe(true)
}

describe('a statistics server', () => {
  test('sends JSON over TCP as soon as a client connects, and closes the connection', async ({ stage }) => {
    const { address } = await open(stage, '127.0.0.1:0')
    expect(address).toMatch(/^127\.0\.0\.1:[1-9]\d*$/)
    expect(await read(address)).toEqual(told)
    expect(await read(`tcp://${address}`)).toEqual(told)
  })

  test('answers GET over HTTP, and nothing else', async ({ stage }) => {
    const { address } = await open(stage, 'http://127.0.0.1:0')
    expect(await read(address)).toEqual(told)
    const answer = await ask(`${address}/any`)
    expect(answer.headers['content-type']).toBe('application/json')
    expect(JSON.parse(answer.body)).toEqual(told)
    expect(await ask(address, 'HEAD')).toMatchObject({ status: 200, body: '' })
    expect(await ask(address, 'POST')).toMatchObject({ status: 405 })
  })

  test('has a unix socket for its user alone, which is gone with it', async ({ stage }) => {
    const path = join(stage.folder(), 'stats')
    const before = process.umask()
    const { server } = await open(stage, path)
    expect(process.umask()).toBe(before)
    expect(statSync(path).mode & 0o777).toBe(0o600)
    expect(await read(`unix://${path}`)).toEqual(told)
    await server.stop()
    await server.stop()
    expect(existsSync(path)).toBe(false)
  })

  test('takes the path of a server that was killed', async ({ stage }) => {
    const path = join(stage.folder(), 'stats')
    await deadSocket(path)
    await open(stage, path)
    expect(await read(path)).toEqual(told)
  })

  test('does not replace the socket of a living server, or a file that is not a socket', async ({ stage }) => {
    const path = join(stage.folder(), 'stats')
    await open(stage, path, async () => ({ first: true }))
    await expect(open(stage, path)).rejects.toMatchObject({ code: 'PORT_TAKEN' })
    expect(await read(path)).toEqual({ first: true })
    const file = join(stage.folder(), 'file')
    writeFileSync(file, 'mine')
    await expect(open(stage, file)).rejects.toMatchObject({ code: 'SERVER_FAILED' })
    expect(readFileSync(file, 'utf8')).toBe('mine')
    const { address } = await open(stage, '127.0.0.1:0')
    await expect(open(stage, address)).rejects.toMatchObject({ code: 'PORT_TAKEN' })
    await expect(open(stage, join(stage.folder(), 'no', 'where'))).rejects.toMatchObject({ code: 'SERVER_FAILED' })
  })

  test('survives statistics that cannot be built, and clients that disconnect', async ({ stage }) => {
    let fails = true
    const statistics = async () => (fails ? Promise.reject(new Error('not now')) : { big: 'x'.repeat(8_000_000) })
    const tcp = await open(stage, '127.0.0.1:0', statistics)
    const http = await open(stage, 'http://127.0.0.1:0', statistics)
    await expect(read(tcp.address)).rejects.toMatchObject({ code: 'READ_FAILED' })
    await expect(read(http.address)).rejects.toThrow(/status 500/)
    expect([...tcp.errors, ...http.errors].map(({ code }) => code)).toEqual(['SERVER_FAILED', 'SERVER_FAILED'])
    fails = false
    for (let i = 0; i < 20; i++) {
      const socket = createConnection(Number(tcp.address.split(':')[1]), '127.0.0.1')
      await new Promise((resolve) => socket.once('data', resolve))
      socket.resetAndDestroy()
    }
    expect(await read(tcp.address)).toEqual({ big: 'x'.repeat(8_000_000) })
  })
})

describe('a reader of statistics', () => {
  test('times out if a server sends nothing, over each protocol', async ({ stage }) => {
    const mute = createServer(() => {})
    await new Promise<void>((resolve) => mute.listen(0, '127.0.0.1', resolve))
    stage.after(() => void mute.close())
    const { port } = mute.address() as { port: number }
    for (const address of [`127.0.0.1:${port}`, `http://127.0.0.1:${port}`]) {
      await expect(read(address, 200)).rejects.toThrow(/no answer in 0\.2 s/)
    }
  })

  test('gets an error that names the fault', async ({ stage }) => {
    const folder = stage.folder()
    for (const [file, text] of Object.entries({ text: 'uWSGI', list: '[]', nothing: '' })) {
      writeFileSync(join(folder, file), text)
      await expect(read(`file://${join(folder, file)}`)).rejects.toMatchObject({ code: 'READ_FAILED' })
    }
    writeFileSync(join(folder, 'good'), '{"workers":[]}')
    expect(await read(`file:${join(folder, 'good')}`)).toEqual({ workers: [] })
    await expect(read(join(folder, 'nobody'))).rejects.toThrow(/nobody/)
  })
})
