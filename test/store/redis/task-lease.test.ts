import { describe, expect } from 'vitest'
import { readRedisUrl } from '../../../src/store/redis/client/redis-url.js'
import { Keys } from '../../../src/store/redis/keys.js'
import { overUrl } from '../../../src/store/redis/own-connection.js'
import { TaskLease } from '../../../src/store/redis/task-lease.js'
import { test } from '../../helpers/processes/stage.js'
import { until } from '../../helpers/processes/until.js'
import { hasRedis } from '../../helpers/redis/redis-server.js'
import { startRedis } from '../../helpers/redis/started-redis.js'

describe.runIf(hasRedis)('the lease of a task in Redis', () => {
  test('is held by one process, per task, until that leaves or ends', async ({ stage }) => {
    const { port, client } = await startRedis(stage)
    const keys = new Keys('shop')
    const leaseOf = (task: string): TaskLease => {
      const address = readRedisUrl('test', `redis://127.0.0.1:${port}`)
      const connection = overUrl(address, { connect: 5_000, command: 5_000 })
      stage.after(() => connection.close())
      return new TaskLease(task, keys, { connection, timeout: 10_000 })
    }
    const [one, two, other] = [leaseOf('statsd'), leaseOf('statsd'), leaseOf('otlp')]
    expect(await one.held()).toBe(true)
    expect(await two.held()).toBe(false)
    expect(await other.held()).toBe(true)
    expect(await one.held()).toBe(true)
    expect(await client.pttl(keys.task('statsd'))).toBeGreaterThan(5_000)
    // A lease that another process has is not ended.
    two.leave()
    await two.held()
    expect(await one.held()).toBe(true)
    one.leave()
    await until(
      () => two.held(),
      (held) => held,
    )
    // Its holder ends without leaving: the key expires.
    await client.pexpire(keys.task('statsd'), 1)
    await until(
      () => one.held(),
      (held) => held,
    )
    expect(await two.held()).toBe(false)
  })
})
