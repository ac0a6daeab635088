import { describe, expect, test } from 'vitest'
import { readingCheck } from '../../src/gather/readiness.js'
import { SourceGatherer } from '../../src/gather/source-gatherer.js'
import { MetricsError } from '../../src/model/errors.js'
import type { SourceReading } from '../../src/store/contract.js'

function checkOf(read: () => Promise<SourceReading>, within?: number) {
  const gatherer = new SourceGatherer(() => ({ read, close() {} }))
  return readingCheck(() => gatherer, within)
}

const unreadable = new MetricsError('FILE_UNREADABLE', '/run/secret/place cannot be listed', { reason: 'eacces' })

describe('an application is', () => {
  test('ready if its numbers can be read', async () => {
    expect(await checkOf(async () => ({ writers: [], errors: [] }))()).toEqual({ ready: true, text: 'ready' })
  })

  test.each<[string, SourceReading, string]>([
    ['numbers are missing', { writers: [], errors: [], incomplete: unreadable }, 'the metrics cannot be read (eacces)'],
    ['all are as they were', { writers: [], errors: [], unread: unreadable }, 'the metrics cannot be read (eacces)'],
    ['Redis is away', { writers: [], errors: [], reachable: false }, 'the backend does not answer'],
  ])('not ready if %s', async (_, reading, text) => {
    const { ready, text: said } = await checkOf(async () => reading)()
    expect([ready, said]).toEqual([false, expect.stringContaining(text)])
    expect(said).not.toContain('/run')
  })

  test('not ready if reading takes too long, and ready again when it does not', async () => {
    let wait: Promise<void> = new Promise((resolve) => setTimeout(resolve, 300))
    let readings = 0
    const check = checkOf(async () => {
      readings++
      await wait
      return { writers: [], errors: [] }
    }, 50)
    const both = await Promise.all([check(), check()])
    expect(both[0]).toEqual({ ready: false, text: 'not ready: the metrics were not read within 0.05 s' })
    expect([both[1], readings]).toEqual([both[0], 1])
    await wait
    wait = Promise.resolve()
    expect(await check()).toEqual({ ready: true, text: 'ready' })
  })
})
