import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { cleanEnvironment } from '../helpers/processes/actor.js'
import { provideDist } from '../helpers/processes/dist.js'

test('the kit runs in any test framework, and reports a backend that breaks the contract', () => {
  provideDist()
  const program = fileURLToPath(new URL('programs/broken-backend.test.cjs', import.meta.url))
  const { stdout, status } = spawnSync(process.execPath, ['--test', '--test-reporter=tap', program], {
    encoding: 'utf8',
    env: cleanEnvironment(),
  })
  expect(stdout).toMatch(/^ *ok .*ours keeps the contract of a backend$/m)
  expect(stdout).toMatch(/^ *not ok .*careless keeps the contract of a backend$/m)
  expect(stdout.match(/^ *not ok .*mix up$/gm)).toHaveLength(1)
  expect(status).toBe(1)
})
