import { describe, expect } from 'vitest'
import { sharedBackends, test } from '../helpers/processes/stage.js'

describe.each([{ backend: 'memory', env: undefined }, ...sharedBackends])(
  '$backend: timers that node:test mocked before promhive was loaded',
  ({ env }) => {
    test('stop neither a count nor a scrape, nor the end of the process', async ({ stage }) => {
      const application = stage.launch('mocked-timers.mjs', {
        env: {
          NODE_NO_WARNINGS: '1',
          PROMHIVE_STARTUP: 'off',
          ...(env && { ...env, PROMHIVE_DIR: stage.directory() }),
        },
      })
      application.child.disconnect()
      const { code } = await application.ended
      expect({ code, output: application.output, errors: application.errors }).toEqual({
        code: 0,
        output: 'true true\n',
        errors: '',
      })
    })
  },
)
