// Many files in one process, without the test kit.
const assert = require('node:assert/strict')
const { register } = require('promhive')
const { jobs } = require('./app.cjs')

test('counts for itself', async () => {
  jobs.inc({ queue: 'mail' })
  assert.match(await register.metrics(), /^jobs_total\{queue="mail"\} 1$/m)
})
