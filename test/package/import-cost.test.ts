import { spawnSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { root } from '../helpers/source-imports.js'

/*
 * What an import of promhive adds to the start of an application is measured by `npm run bench -- --only import`. What
 * makes it grow unnoticed is held here.
 */

/** Modules of which each takes half a millisecond or more, or loads others that do. */
const slow = [
  'cluster',
  'child_process',
  'crypto',
  'fs/promises',
  'http',
  'net',
  'perf_hooks',
  'stream',
  'worker_threads',
  'zlib',
]

/** Prints the modules of Node.js that a program loads. */
const loaded = (entry: string, more = ''): string => `
import(${JSON.stringify(join(root, 'dist', entry))}).then(async (client) => {
  const { Counter } = client.Counter ? client : client.default
  ${more}
  console.log(JSON.stringify(process.moduleLoadList))
  process.exit()
})`

const count = `new Counter({ name: 'jobs_total', help: 'J.' }).inc()`

test.each([
  ['import', 'esm/index.js', ''],
  ['require', 'cjs/index.js', ''],
  ['the first count', 'esm/index.js', count],
])('%s loads no module of Node.js that takes a millisecond', (_, entry, more) => {
  const { stdout, stderr } = spawnSync(process.execPath, ['-e', loaded(entry, more)], { encoding: 'utf8' })
  expect(stderr).toBe('')
  const names = JSON.parse(stdout) as string[]
  expect(names).toContain('NativeModule os')
  expect(slow.filter((name) => names.includes(`NativeModule ${name}`))).toEqual([])
})

test('the built files are ASCII, which V8 keeps in half of the memory', () => {
  const files = ['esm', 'cjs'].flatMap((folder) => filesIn(join(root, 'dist', folder)))
  expect(files.length).toBeGreaterThan(50)
  expect(files.filter((file) => /\P{ASCII}/u.test(readFileSync(file, 'utf8')))).toEqual([])
})

function filesIn(folder: string): string[] {
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' })
  return names.filter((name) => name.endsWith('.js')).map((name) => join(folder, name))
}
