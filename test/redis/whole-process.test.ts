import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { beforeAll, describe, expect } from 'vitest'
import { provideDist, root } from '../helpers/processes/dist.js'
import { test } from '../helpers/processes/stage.js'
import { LossyProxy } from '../helpers/redis/lossy-proxy.js'
import { hasRedis, RedisServer } from '../helpers/redis/redis-server.js'

const run = promisify(execFile)
const program = (name: string): string => join(root, 'test', 'processes', 'programs', name)

beforeAll(() => provideDist())

describe.skipIf(!hasRedis)('a process that configures the same service twice', () => {
  test.for(['0', '400'])('counts each count once, after %s ms', async (pause, { stage }) => {
    const server = await RedisServer.start(stage)
    const { stdout } = await run(process.execPath, [program('redis-twice.mjs'), server.url, pause])
    expect(stdout).toBe('6 7\n')
  })
})

describe.skipIf(!hasRedis)('a process that ends by itself', () => {
  test('reports the lost counts when Redis hangs, and ends', { timeout: 60_000 }, async ({ stage }) => {
    const proxy = await LossyProxy.start(stage, 1)
    proxy.hang()
    const { stderr } = await run(process.execPath, [program('redis-unclosed-job.mjs'), proxy.url])
    expect(stderr).toContain('COUNTS_LOST')
  })
})
