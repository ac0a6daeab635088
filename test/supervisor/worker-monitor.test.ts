import { afterEach, describe, expect, test, vi } from 'vitest'
import { WorkerMonitor } from '../../src/supervisor/worker-monitor.js'
import type { WorkerState } from '../../src/supervisor/worker-process.js'
import type { WorkerSlot } from '../../src/supervisor/worker-slot.js'

vi.mock('../../src/platform/timers.js', () => import('../helpers/patchable-timers.js'))

afterEach(() => {
  vi.useRealTimers()
})

describe('a monitor', () => {
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

  test('applies --start-timeout to an application that is being loaded', () => {
    const watch = watched({ timeout: 1, startTimeout: 20, ready: false })
    vi.advanceTimersByTime(19_000)
    expect(watch.aborted).toEqual([])
    vi.advanceTimersByTime(4000)
    expect(watch.aborted).toEqual([1])
  })

  test('logs the memory of a worker that is replaced for it, and does not replace one every second', async () => {
    const watch = watched({ maxRss: 10 * 1024 * 1024, residentBytes: 60 * 1024 * 1024 })
    expect(watch.replaced).toEqual(['max_rss'])
    expect(watch.said).toEqual(['worker 1 (7) has 60 MiB of memory, above 10 MiB: it is replaced'])
    await watch.seconds(9)
    expect(watch.replaced).toHaveLength(1)
    await watch.seconds(3)
    expect(watch.replaced).toHaveLength(2)
  })

  test('logs once that a worker does not answer, and once that it answers again', async () => {
    const watch = watched({})
    watch.state.now = 'blocked'
    await watch.seconds(3)
    watch.state.now = 'running'
    await watch.seconds(3)
    watch.state.now = 'draining'
    await watch.seconds(1)
    expect(watch.said).toEqual(['worker 1 (7) does not answer', 'worker 1 (7) answers again'])
  })
})

function watched({ timeout = 30, startTimeout = 60, ready = true, maxRss = 0, residentBytes = 0 }) {
  const [said, replaced]: string[][] = [[], []]
  const state = { now: 'running' as WorkerState }
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval', 'performance'] })
  const aborted: number[] = []
  const worker = {
    id: 1,
    pid: 7,
    over: false,
    ending: undefined as string | undefined,
    heard: performance.now(),
    ready,
    state: () => state.now,
  }
  const place = {
    id: 1,
    worker,
    abort: () => (worker.ending = 'timeout'),
    replace: async (reason: string) => replaced!.push(reason),
  } as unknown as WorkerSlot
  const logger = {
    info: (text: string) => void said!.push(text),
    warn: (text: string) => void said!.push(text),
    error: () => {},
  }
  const watchman = new WorkerMonitor({ timeout, startTimeout, maxRss, report: false }, logger, false, {
    slots: () => [place],
    sampled: () => ({ residentBytes, cpuSeconds: 0, virtualBytes: 0 }),
    aborting: ({ id }) => void aborted.push(id),
  })
  watchman.start()
  const beat = (): number => (worker.heard = performance.now())
  const seconds = async (count: number): Promise<void> => {
    for (let i = 0; i < count; i++) {
      beat()
      await vi.advanceTimersByTimeAsync(1000)
    }
  }
  return { state, aborted, said: said!, replaced: replaced!, beat, seconds }
}
