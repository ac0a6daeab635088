// What the functions for tests take.
import { Counter, Enum, Histogram, Registry, Summary } from 'promhive'
import {
  countSeries,
  expectMetrics,
  readValue,
  resetMetrics,
  shareWithChildren,
  waitForValue,
} from 'promhive/testing/metrics'

const registry = new Registry()
const jobs = new Counter({ name: 'jobs_total', help: 'J.', labelNames: ['queue', 'size'] })
const starts = new Counter({ name: 'starts_total', help: 'S.' })
const seconds = new Histogram({ name: 'seconds', help: 'S.', labelNames: ['queue'] })
const bytes = new Summary({ name: 'bytes', help: 'B.' })
const state = new Enum({ name: 'state', help: 'S.', states: ['on', 'off'] })
const plugIn = {
  name: 'plug',
  get: () => ({ name: 'plug', help: 'P.', type: 'gauge', values: [], aggregator: 'sum' }),
}

export const values: readonly Promise<number>[] = [
  readValue(starts),
  readValue(jobs, { queue: 'mail' }),
  readValue(jobs, { queue: 'mail', size: undefined }, { missing: 0 }),
  readValue('seconds_bucket', { queue: 'mail', le: 0.5 }, { registry }),
  readValue(bytes, { quantile: 0.5 }),
  readValue(state, { state: 'on' }),
  readValue(plugIn, { any: 1 }),
  countSeries(seconds, { queue: 'mail' }),
  countSeries('seconds', {}, { registry }),
  waitForValue(jobs, 2),
  waitForValue(jobs, { queue: 'mail' }, 2, { timeout: 100 }),
  waitForValue('seconds_count', (value) => value > 2, { registry }),
]
export const compared: Promise<void> = expectMetrics('jobs_total 1', { registry, names: ['jobs_total'] })
export const reset: undefined = resetMetrics() as undefined
export const directory: string = shareWithChildren()

// @ts-expect-error a label that the metric does not have
readValue(jobs, { qeue: 'mail' })
// @ts-expect-error a label of a metric without labels
readValue(starts, { queue: 'mail' })
// @ts-expect-error an object as a label value
readValue(jobs, { queue: {} })
// @ts-expect-error the value is missing
waitForValue(jobs, { queue: 'mail' })
// @ts-expect-error a value in a text
waitForValue(jobs, '2')
// @ts-expect-error no metric
readValue({ name: 'jobs_total' })
