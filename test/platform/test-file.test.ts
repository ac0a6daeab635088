import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { sharedObject, testFileId } from '../../src/platform/test-file.js'
import { readSource, root } from '../helpers/source-imports.js'

test('a process that runs one test file is an ordinary process', () => {
  expect(testFileId).toBeUndefined()
  expect(sharedObject).toBe(globalThis)
})

/** Files that may read or write the global object itself. */
const allowed = [
  'platform/test-file.ts',
  // Reads the timers there.
  'platform/timers.ts',
  // Deno's permissions, which are those of the process.
  'platform/process-environment.ts',
  // Weak keys of one build's objects: no test file has those of another.
  'model/series-index/series-numbers.ts',
  // Node's hooks for modules, which are once per thread.
  'preload/client-hooks.ts',
]

test('what builds share is in the object of their test file, where another file does not find it', () => {
  const users = readSource()
    .map(({ path }) => path)
    .filter((path) => /\bglobalThis\b/.test(readFileSync(join(root, 'src', path), 'utf8')))
  expect(users.filter((path) => !allowed.includes(path))).toEqual([])
  expect(allowed.filter((path) => !users.includes(path))).toEqual([])
})
