import { afterEach, describe, expect, test } from 'vitest'
import { Counter, configure, register } from '../../../src/index.js'
import type { FamilyDescriptor } from '../../../src/model/descriptor.js'
import { MetricsError } from '../../../src/model/errors.js'
import { processContext } from '../../../src/runtime/current-context.js'
import type { BackendContext } from '../../../src/store/contract.js'
import { MemoryBackend } from '../../../src/store/memory/memory-backend.js'

class Somewhere extends MemoryBackend {
  override readonly name = 'somewhere'
  readonly shared = true
  context: BackendContext | undefined
  closed = 0
  begin(context: BackendContext): void {
    this.context = context
  }
  close(): Promise<void> {
    this.closed++
    return Promise.reject(new Error('the line is dead'))
  }
}

afterEach(() => {
  configure({ backend: new MemoryBackend() })
})

describe('configure({ backend })', () => {
  test('moves earlier counts, and continues there', async () => {
    const jobs = new Counter({ name: 'jobs_total', help: 'Jobs.', labelNames: ['queue'] })
    const held = jobs.labels('mail')
    held.inc(3)
    const there = new Somewhere()
    configure({ backend: there, selfMetrics: false })
    held.inc(4)
    expect(await register.metrics()).toContain('jobs_total{queue="mail"} 7')
    expect(processContext().whereabouts()).toEqual({ backend: 'somewhere' })
    expect([...there.openStore().series()].map(({ family }: { family: FamilyDescriptor }) => family.name)).toEqual([
      'jobs_total',
    ])
  })

  test('a backend that cannot be closed is reported, and nothing is lost', async () => {
    const told: MetricsError[] = []
    const first = new Somewhere()
    configure({ backend: first, onError: (error) => told.push(error), selfMetrics: false })
    new Counter({ name: 'mails_total', help: 'Mails.' }).inc(5)
    configure({ backend: new Somewhere() })
    await new Promise((resolve) => setImmediate(resolve))
    expect(first.closed).toBe(1)
    expect(told.map(({ code, message }) => `${code} ${message}`)).toEqual([
      'FLUSH_FAILED the somewhere backend was left, and did not close (the line is dead)',
    ])
    expect(await register.metrics()).toContain('mails_total 5')
    configure({ onError: () => {} })
  })

  test('errors of a backend reach the application', () => {
    const told: MetricsError[] = []
    const backend = new Somewhere()
    configure({ backend, onError: (error) => told.push(error), selfMetrics: false })
    backend.context!.onError(new MetricsError('FLUSH_FAILED', 'nobody there'))
    expect(told.map(({ code }) => code)).toEqual(['FLUSH_FAILED'])
    configure({ onError: () => {} })
  })

  test('refuses a value that is not a backend, and a directory beside one', () => {
    expect(() => configure({ backend: {} as MemoryBackend })).toThrow(
      /backend must have openStore\(\) and openSource\(\)/,
    )
    expect(() => configure({ backend: new Somewhere(), dir: '/dev/shm/x' })).toThrow(/exclude each other/)
  })
})
