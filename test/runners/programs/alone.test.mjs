import assert from 'node:assert/strict'
import { setTimeout } from 'node:timers/promises'
import { register } from 'promhive'
import { jobs } from './app.mjs'

test('counts for itself', async () => {
  jobs.inc({ queue: 'mail' })
  for (let i = 0; i < 10; i++) {
    assert.match(await register.metrics(), /^jobs_total\{queue="mail"\} 1$/m)
    await setTimeout(10)
  }
})
