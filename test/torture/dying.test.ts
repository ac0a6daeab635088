import { describe, expect } from 'vitest'
import { dieWhileCreating, dieWhileInheriting } from '../helpers/faults/dying-rounds.js'
import { sharedBackends, test } from '../helpers/processes/stage.js'

describe.each(sharedBackends)(
  '$backend: a process that dies before each of its calls into the directory',
  ({ env }) => {
    test('keeps its counts, and leaves a directory that the next process can use', async ({ stage }) => {
      expect(await dieWhileCreating(stage, { env, every: 1 })).toBeGreaterThan(50)
    })

    test('leaves its seat to the next one, which counts on', async ({ stage }) => {
      expect(await dieWhileInheriting(stage, { env, every: 1 })).toBeGreaterThan(200)
    })
  },
)
