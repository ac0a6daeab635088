import { AssertionError } from 'node:assert'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { Counter, Registry } from '../../../src/index.js'
import { waitForValue } from '../../../src/testing-metrics.js'

let registry = new Registry()
let jobs: Counter<'queue'>

beforeEach(() => {
  registry = new Registry()
  jobs = new Counter({ name: 'jobs_total', help: 'J.', labelNames: ['queue'], registers: [registry] })
})

afterEach(() => {
  vi.useRealTimers()
})

test('waits for a value of a series that is still to begin', async () => {
  setTimeout(() => jobs.inc({ queue: 'mail' }), 20)
  setTimeout(() => jobs.inc({ queue: 'mail' }), 40)
  expect(await waitForValue(jobs, { queue: 'mail' }, 2)).toBe(2)
  expect(await waitForValue('jobs_total', 2, { registry })).toBe(2)
})

test('waits for what a function accepts', async () => {
  setTimeout(() => jobs.inc({ queue: 'mail' }, 5), 20)
  expect(await waitForValue(jobs, (value) => value > 3)).toBe(5)
  expect(await waitForValue(jobs, { queue: 'mail' }, (value) => value > 3, { timeout: 0 })).toBe(5)
})

test('shows the last value when the time is over', async () => {
  jobs.inc({ queue: 'mail' })
  const fault = await waitForValue(jobs, { queue: 'mail' }, 2, { timeout: 30 }).catch((cause) => cause)
  expect(fault).toBeInstanceOf(AssertionError)
  expect(fault.message).toBe('jobs_total{queue="mail"} did not become 2 within 30 ms; it was 1')
  expect(fault).toMatchObject({ actual: 1, expected: 2 })
  await expect(waitForValue(jobs, () => false, { timeout: 0 })).rejects.toThrow(
    'jobs_total did not become the expected value within 0 ms; it was 1',
  )
})

test('names the series that there are, if the series did not begin', async () => {
  jobs.inc({ queue: 'mail' })
  await expect(waitForValue(jobs, { queue: 'sms' }, 1, { timeout: 20 })).rejects.toThrow(
    'jobs_total{queue="sms"} did not become 1 within 20 ms; jobs_total has no series {queue="sms"}; it has {queue="mail"}',
  )
})

test('does not wait where the test is wrong', async () => {
  const timeout = 60_000
  await expect(waitForValue('job_total', 1, { registry, timeout })).rejects.toMatchObject({ code: 'METRIC_NOT_FOUND' })
  jobs.inc({ queue: 'mail' })
  const thrown = new Error('from the test')
  const throws = (): never => {
    throw thrown
  }
  await expect(waitForValue(jobs, throws, { timeout })).rejects.toBe(thrown)
  await expect(waitForValue(jobs, '2' as never)).rejects.toMatchObject({ code: 'OPTION_INVALID' })
  await expect(waitForValue(jobs, {}, undefined as never)).rejects.toMatchObject({ code: 'OPTION_INVALID' })
  await expect(waitForValue(jobs, 1, { timeout: -1 })).rejects.toMatchObject({ code: 'OPTION_INVALID' })
})

test('continues under fake timers', async () => {
  const later = setTimeout
  vi.useFakeTimers()
  later(() => jobs.inc({ queue: 'mail' }), 20)
  expect(await waitForValue(jobs, { queue: 'mail' }, 1)).toBe(1)
})
