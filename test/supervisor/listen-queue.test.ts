import { spawn } from 'node:child_process'
import { createConnection, createServer, type Server } from 'node:net'
import { networkInterfaces } from 'node:os'
import { describe, expect } from 'vitest'
import { listenQueues } from '../../src/supervisor/listen-queue.js'
import { type Stage, test } from '../helpers/processes/stage.js'
import { until } from '../helpers/processes/until.js'

/** Opens a port, and then does nothing any more. */
const blocked = `require('net').createServer().listen(0, process.argv[1], function () {
  require('fs').writeSync(1, String(this.address().port))
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0)
})`

const hasIpv6 = Object.values(networkInterfaces()).some((all) => all?.some(({ address }) => address === '::1'))

async function connect(stage: Stage, host: string, port: number, count: number): Promise<void> {
  for (let i = 0; i < count; i++) {
    const socket = createConnection(port, host).on('error', () => {})
    stage.after(() => void socket.destroy())
    await new Promise((resolve) => socket.once('connect', resolve))
  }
}

describe.runIf(process.platform === 'linux')('the clients that wait at a port', () => {
  test.for([
    ['127.0.0.1', '127.0.0.1', '127.0.0.1'],
    ['0.0.0.0', '127.0.0.1', null],
    ['::1', '::1', '::1'],
    ['::', '127.0.0.1', null],
  ] as const)('are counted by the kernel (%s)', async ([bound, reached, host], { stage, skip }) => {
    if (bound.includes(':') && !hasIpv6) skip('there is no IPv6 here')
    const child = spawn(process.execPath, ['-e', blocked, bound], { stdio: ['ignore', 'pipe', 'inherit'] })
    stage.after(() => void child.kill('SIGKILL'))
    const port = await new Promise<number>((resolve) => child.stdout.once('data', (text) => resolve(Number(text))))
    expect(await listenQueues([{ host, port }])).toEqual([0])
    await connect(stage, reached, port, 3)
    await until(
      () => listenQueues([{ host, port }]),
      ([waiting]) => waiting === 3,
    )
    // Another address of this machine is another port.
    if (host !== null) expect(await listenQueues([{ host: '127.0.0.9', port }])).toEqual([undefined])
  })

  test('are those that this process has accepted and no worker has taken', async ({ stage }) => {
    const server: Server = createServer((socket) => stage.after(() => void socket.destroy()))
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    stage.after(() => void server.close())
    const { port } = server.address() as { port: number }
    await connect(stage, '127.0.0.1', port, 2)
    await until(
      () => listenQueues([{ host: '127.0.0.1', port }]),
      // Both ends are this process's, and the other ends have ports of their own.
      ([waiting]) => waiting === 2,
    )
    expect(await listenQueues([])).toEqual([])
  })
})
