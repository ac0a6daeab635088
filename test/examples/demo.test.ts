import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { cleanEnvironment } from '../helpers/processes/actor.js'
import { provideDist, root } from '../helpers/processes/dist.js'

test('the demo counts every request that it sends, also those of the worker that it kills', async () => {
  provideDist()
  const demo = join(root, 'examples', 'demo', 'demo.mjs')
  // It exits with 1 if a number is wrong.
  const { stdout } = await promisify(execFile)(process.execPath, [demo, '--seconds', '1'], { env: cleanEnvironment() })
  expect(stdout).toMatch(/requests counted, at the end │ [\d,]+, equal/)
})
