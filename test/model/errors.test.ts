import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { MetricsError, reasonOf } from '../../src/model/errors.js'
import { readSource, root } from '../helpers/source-imports.js'

test('an error carries its code, its text and what caused it', () => {
  const cause = new Error('disk full')
  const error = new MetricsError('FLUSH_FAILED', 'writer 3 keeps counting', { cause })
  expect(error).toBeInstanceOf(Error)
  expect(error).toMatchObject({ name: 'MetricsError', code: 'FLUSH_FAILED', message: 'writer 3 keeps counting', cause })
  expect(String(error)).toBe('MetricsError: writer 3 keeps counting')
})

test('the reason of an error is its message, else its code, else its name', () => {
  expect(reasonOf(new Error('disk full'))).toBe('disk full')
  const openssl =
    '80FC0000:error:0A00010B:SSL routines:ssl3_get_record:wrong version number:../deps/openssl/ssl/record.c:350:\n'
  expect(reasonOf(new Error(openssl))).toBe('SSL routines: wrong version number')
  expect(reasonOf(new Error(`write EPROTO ${openssl}`))).toBe('write EPROTO SSL routines: wrong version number')
  expect(reasonOf(Object.assign(new AggregateError([]), { code: 'ECONNREFUSED' }))).toBe('ECONNREFUSED')
  expect(reasonOf(new TypeError())).toBe('TypeError')
  expect(reasonOf('disk full')).toBe('disk full')
})

/** Takes the message of an error of unknown type, which `reasonOf()` does without an empty text. */
const spelledOut = [
  /instanceof Error\s*\?\s*\w+\.message\s*:\s*[\w$(]/,
  /\(\w+ as Error\)\.message/,
  /\bfunction reasonOf\b/,
]

test('src takes the reason of an error only with reasonOf()', () => {
  const faults = readSource()
    .filter(({ path }) => path !== 'model/errors.ts')
    .filter(({ path }) => spelledOut.some((form) => form.test(readFileSync(join(root, 'src', path), 'utf8'))))
  expect(faults.map(({ path }) => path)).toEqual([])
})

test('the test of reasons sees the forms that it replaced', () => {
  for (const code of [
    'cause instanceof Error ? cause.message : String(cause)',
    'fault instanceof Error ? fault.message : fault',
    'error instanceof Error\n  ? error.message\n  : error',
    '(cause as Error).message',
  ]) {
    expect(
      spelledOut.some((form) => form.test(code)),
      code,
    ).toBe(true)
  }
})
