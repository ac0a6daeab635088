import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { node24Folder } from '../../helpers/processes/node24.js'
import { root } from '../../helpers/source-imports.js'
import { type CompileError, compile, compilersOfEachRun, isInstalled } from '../../helpers/types/compilers.js'

/** Compiling takes seconds, and on a busy machine many. */
const timeout = 120_000

const client = join(node24Folder, 'node_modules', '@prometheus-io', 'client')

const ours = readFileSync(join(root, 'test/compat/prometheus-io/whole-api.ts'), 'utf8')
const theirs = ours.replaceAll("'promhive/prometheus-io'", "'@prometheus-io/client'")

test.skipIf(!existsSync(client))('code that uses all of the client compiles with the client', { timeout }, () => {
  const files = { 'theirs.ts': theirs, 'theirs.cts': theirs }
  const errors = compile('typescript', files, { '@prometheus-io/client': client })
  expect(errorsOf(errors)).toEqual([])
})

describe.each(compilersOfEachRun.filter(isInstalled))('under %s', (compiler) => {
  test('the same code compiles with the entry, as ESM and as CommonJS', { timeout }, () => {
    expect(errorsOf(compile(compiler, { 'ours.ts': ours, 'ours.cts': ours }))).toEqual([])
  })
})

function errorsOf(errors: readonly CompileError[]): string[] {
  return errors.map(({ file, line, message }) => `${file}:${line} ${message}`)
}
