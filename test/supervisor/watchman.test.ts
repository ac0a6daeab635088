import { afterEach, describe, expect, test, vi } from 'vitest'
import type { Place } from '../../src/supervisor/place.js'
import { Watchman } from '../../src/supervisor/watchman.js'

afterEach(() => {
  vi.useRealTimers()
})

describe('a watchman', () => {
  test('ends a worker that was blocked for its time, and none whose last sign of life is only as old as signs get', () => {
    const watch = watched({ timeout: 1 })
    // A beat a second, a little late.
    for (let second = 0; second < 10; second++) {
      watch.beat()
      vi.advanceTimersByTime(1100)
    }
    expect(watch.aborted).toEqual([])
    vi.advanceTimersByTime(2000)
    expect(watch.aborted).toEqual([1])
  })

  test('has the patience of --start-timeout with an application that is being loaded', () => {
    const watch = watched({ timeout: 1, startTimeout: 20, ready: false })
    vi.advanceTimersByTime(19_000)
    expect(watch.aborted).toEqual([])
    vi.advanceTimersByTime(4000)
    expect(watch.aborted).toEqual([1])
  })
})

function watched({ timeout = 30, startTimeout = 60, ready = true }) {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval', 'performance'] })
  const aborted: number[] = []
  const worker = {
    id: 1,
    pid: 1,
    over: false,
    ending: undefined as string | undefined,
    heard: performance.now(),
    ready,
  }
  const place = { id: 1, worker, abort: () => (worker.ending = 'timeout') } as unknown as Place
  const logger = { info: () => {}, warn: () => {}, error: () => {} }
  const watchman = new Watchman({ timeout, startTimeout, maxRss: 0, report: false }, logger, false, {
    places: () => [place],
    sampled: () => undefined,
    aborting: ({ id }) => void aborted.push(id),
  })
  watchman.start()
  return { aborted, beat: () => (worker.heard = performance.now()) }
}
