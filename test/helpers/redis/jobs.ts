import { expect } from 'vitest'
import type { Stage } from '../processes/stage.js'
import { until } from '../processes/until.js'
import type { RedisServer } from './redis-server.js'

/** How a job ends: killed after its first acknowledged flush, after `close()`, or after `flush()` with nothing to do. */
export type End = 'kill' | 'close' | 'flush'

/** Processes that count once and end. */
export class Jobs {
  constructor(
    private readonly stage: Stage,
    private readonly server: RedisServer,
    private readonly options: object,
  ) {}

  async run(end: End): Promise<void> {
    const args = [this.server.url, JSON.stringify(this.options), end === 'kill' ? 'stay' : end]
    const job = this.stage.launch('redis-job.mjs', { args })
    if (end === 'kill') {
      await until(
        () => job.output.includes('sent') || !job.running,
        (over) => over,
        // Of 200 processes that start at once, the last one waits for minutes.
        600_000,
      )
      await job.kill()
    } else expect({ ...(await job.ended), errors: job.errors }).toMatchObject({ code: 0, signal: null })
    expect(job.output, job.errors).toBe('sent\n')
  }
}

export async function keysOf(server: RedisServer): Promise<string[]> {
  return (await server.ask('KEYS', '*')) as string[]
}
