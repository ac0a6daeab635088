import { afterEach, describe, expect, test, vi } from 'vitest'
import { runCollect, withinTimeout } from '../../src/gather/collect-hook.js'
import type { MetricsError } from '../../src/model/errors.js'

vi.mock('../../src/platform/timers.js', () => import('../helpers/patchable-timers.js'))

afterEach(() => {
  vi.useRealTimers()
})

async function run(collect?: () => void | Promise<void>): Promise<MetricsError[]> {
  const errors: MetricsError[] = []
  await runCollect({ name: 'jobs', collect }, (error) => errors.push(error))
  return errors
}

describe('a collect()', () => {
  test('is optional', async () => {
    expect(await run()).toEqual([])
  })

  test('may be done at once, or later', async () => {
    const done: string[] = []
    expect(await run(() => void done.push('at once'))).toEqual([])
    const later = async () => {
      await new Promise((resolve) => setImmediate(resolve))
      done.push('later')
    }
    expect(await run(later)).toEqual([])
    expect(done).toEqual(['at once', 'later'])
  })

  const throwing = () => {
    throw new Error('no database')
  }
  test.each<[string, () => void | Promise<void>]>([
    ['throws', throwing],
    ['rejects', async () => throwing()],
  ])('that %s is reported, with its cause', async (_, collect) => {
    expect(await run(collect)).toMatchObject([
      {
        code: 'COLLECT_FAILED',
        message: 'collect() of jobs failed (no database); its last values are served',
        cause: { message: 'no database' },
      },
    ])
  })

  test('that never ends times out after 5 s', async () => {
    vi.useFakeTimers()
    let ended: MetricsError[] | undefined
    const running = run(() => new Promise(() => {})).then((errors) => {
      ended = errors
    })
    await vi.advanceTimersByTimeAsync(4999)
    expect(ended).toBeUndefined()
    await vi.advanceTimersByTimeAsync(1)
    await running
    expect(ended).toMatchObject([{ code: 'COLLECT_FAILED', cause: { message: 'not done after 5000 ms' } }])
  })

  test('that has ended leaves no timer', async () => {
    vi.useFakeTimers()
    await run(async () => {})
    expect(vi.getTimerCount()).toBe(0)
  })
})

test('a time limit passes the result on', async () => {
  expect(await withinTimeout(1)).toBe(1)
  expect(await withinTimeout(undefined)).toBeUndefined()
  expect(await withinTimeout(Promise.resolve(2))).toBe(2)
})
