import { test } from 'vitest'
import { compareWithModel } from '../helpers/faults/application-runs.js'

test('processes that count, remove, start and are killed at random show what the model shows, run after run', async () => {
  await compareWithModel(500, 120)
})
