import { test } from 'vitest'
import { compareWithModel } from '../helpers/faults/application-runs.js'

test('processes that count, remove, start and are killed at random show what the model shows', {
  timeout: 600_000,
}, async () => {
  await compareWithModel(30, 40)
})
