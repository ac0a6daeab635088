import assert from 'node:assert/strict'
import { expectMetrics, readValue, resetMetrics } from 'promhive/testing/metrics'
import { jobs, mail } from './app.cjs'
import { meet } from './meeting.cjs'

const { beforeEach, test } = await import(process.env.VITEST === 'true' ? 'vitest' : 'node:test')

beforeEach(() => resetMetrics())

test('sees its own counts only', async () => {
  mail.inc()
  await meet('second', 'counted')
  assert.equal(await readValue(jobs, { queue: 'mail' }), 1)
  await expectMetrics('jobs_total{queue="mail"} 1')
  await meet('second', 'read')
})

test('begins at nothing again', async () => {
  assert.equal(await readValue(jobs, { queue: 'mail' }, { missing: 0 }), 0)
  mail.inc(2)
  assert.equal(await readValue('jobs_total'), 2)
})
