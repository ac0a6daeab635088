import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { root } from '../../helpers/source-imports.js'
import { type CompileError, compile, compilersOfEachRun, isInstalled } from '../../helpers/types/compilers.js'

/** Compiling takes seconds, and on a busy machine many. */
const timeout = 120_000

const program = readFileSync(join(root, 'test/compat/prom-client/whole-api.ts'), 'utf8')
const ours = program.replaceAll("'prom-client'", "'promhive/prom-client'")

test('code that uses all of the client compiles with the client', { timeout }, () => {
  const files = { 'theirs.ts': program, 'theirs.cts': program }
  const errors = compile('typescript', files, { 'prom-client': join(root, 'node_modules', 'prom-client') })
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
