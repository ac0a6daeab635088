const assert = require('node:assert/strict')
const { beforeEach, test } = require('node:test')
const { expectMetrics, readValue, resetMetrics } = require('promhive/testing/metrics')
const { jobs, mail } = require('./app.cjs')
const { meet } = require('./meeting.cjs')

beforeEach(() => resetMetrics())

test('sees its own counts only', async () => {
  mail.inc()
  await meet('third', 'counted')
  assert.equal(await readValue(jobs, { queue: 'mail' }), 1)
  await expectMetrics('jobs_total{queue="mail"} 1')
  await meet('third', 'read')
})

test('begins at nothing again', async () => {
  assert.equal(await readValue(jobs, { queue: 'mail' }, { missing: 0 }), 0)
  mail.inc(2)
  assert.equal(await readValue('jobs_total'), 2)
})
