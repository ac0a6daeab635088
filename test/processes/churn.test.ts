import { describe } from 'vitest'
import { churn } from '../helpers/processes/churn.js'
import { sharedBackends, test } from '../helpers/processes/stage.js'

describe.each(sharedBackends)('$backend: processes that come and go', ({ env }) => {
  test('leave every count, and no more files than were alive at a time', { timeout: 240_000 }, ({ stage }) =>
    churn(stage, { env, processes: 60, atATime: 8 }),
  )
})
