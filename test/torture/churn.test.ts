import { describe } from 'vitest'
import { churn } from '../helpers/processes/churn.js'
import { sharedBackends, test } from '../helpers/processes/stage.js'

describe.each(sharedBackends)('$backend: five hundred processes that come and go, fifty at a time', ({ env }) => {
  test('leave every count, and no more files than were alive at a time', ({ stage }) =>
    churn(stage, { env, processes: 500, atATime: 50 }))
})
