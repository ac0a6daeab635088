import { expect, test } from 'vitest'
import { MetricsError } from '../../src/model/errors.js'

test('an error carries its code, its text and what caused it', () => {
  const cause = new Error('disk full')
  const error = new MetricsError('FLUSH_FAILED', 'writer 3 keeps counting', { cause })
  expect(error).toBeInstanceOf(Error)
  expect(error).toMatchObject({ name: 'MetricsError', code: 'FLUSH_FAILED', message: 'writer 3 keeps counting', cause })
  expect(String(error)).toBe('MetricsError: writer 3 keeps counting')
})
