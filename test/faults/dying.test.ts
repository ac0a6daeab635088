import { describe, expect } from 'vitest'
import { dieWhileCreating, dieWhileInheriting } from '../helpers/faults/dying-rounds.js'
import { sharedBackends, test } from '../helpers/processes/stage.js'

const timeout = 240_000

/** Every seventh call, beginning with the first; test/torture has all of them. */
describe.each(sharedBackends)('$backend: a process that dies between two calls into the directory', ({ env }) => {
  test('keeps its counts, and leaves a directory that the next process can use', { timeout }, async ({ stage }) => {
    expect(await dieWhileCreating(stage, { env, every: 7 })).toBeGreaterThan(50)
  })

  test('leaves its seat to the next one, which counts on', { timeout }, async ({ stage }) => {
    expect(await dieWhileInheriting(stage, { env, every: 7 })).toBeGreaterThan(200)
  })
})
