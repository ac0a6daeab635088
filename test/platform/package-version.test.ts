import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { packageVersion } from '../../src/platform/package-version.js'
import { root } from '../helpers/processes/dist.js'

test('the version in the code is the version of the package', () => {
  expect(packageVersion).toBe(JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')).version)
})
