import { inspect } from 'node:util'
import { describe, expect, test } from 'vitest'
import { MetricsError } from '../../src/model/errors.js'
import { maskAddress, maskCredentials, maskedError } from '../../src/model/mask-credentials.js'
import { describe as shown } from '../../src/model/metric-name.js'

describe('credentials in a text', () => {
  test.for([
    ['redis://user:secret@host:6379/0', 'redis://***@host:6379/0'],
    ['rediss://:secret@[::1]:6379', 'rediss://***@[::1]:6379'],
    ['http://secret@gateway/x', 'http://***@gateway/x'],
    ['unix://user:secret@/run/redis.sock', 'unix://***@/run/redis.sock'],
    ['connect ENOENT http://u:secret@host', 'connect ENOENT http://***@host'],
    ['url "redis://u:se@cr/et@host/1" (twice: redis://u:secret@b)', 'url "redis://***@host/1" (twice: redis://***@b)'],
    ['//u:secret@host', '//***@host'],
    ['/app/redis:/u:secret@host', '/app/redis:/***@host'],
    ['https://h/push?a=1&token=secret&b=2', 'https://h/push?a=1&token=***&b=2'],
    ['redis://h/0?password=secret', 'redis://h/0?password=***'],
    ['http://h/?X-Api-Key=secret', 'http://h/?X-Api-Key=***'],
  ])('are hidden: %s', ([text, masked]) => {
    expect(maskCredentials(text!)).toBe(masked)
    // A masked text does not change.
    expect(maskCredentials(masked!)).toBe(masked)
  })

  test.for([
    'at file:///app/node_modules/@scope/x.js:1',
    'webpack://app/./node_modules/@scope/x.js',
    '/app/node_modules/@scope/x.js:10:5',
    'unix:///run/a@b.sock',
    'redis://host:6379/0',
    'a@b.example',
    'http_requests_total{path="/a//b"} 1',
    'x=1&y=2',
    '',
    'who@where // why',
  ])('are not found in a text without any: %s', (text) => {
    expect(maskCredentials(text)).toBe(text)
  })

  test('are hidden in a text that is one address, whatever they hold, and before it is cut', () => {
    expect(maskAddress('redis://user:my sec"ret@host')).toBe('redis://***@host')
    expect(shown(`redis://user:${'secret'.repeat(40)}@host`)).toBe('"redis://***@host"')
    expect(shown(`redis://user:my ${'secret'.repeat(40)}@host`)).toBe('"redis://***@host"')
  })

  test('take no longer than the text is long', () => {
    for (const text of [
      '/'.repeat(1e6),
      '//@'.repeat(3e5),
      `?${'a'.repeat(1e6)}`,
      '?token='.repeat(1e5),
      '?a-'.repeat(3e5),
    ]) {
      const began = performance.now()
      maskCredentials(text)
      // Quadratic would be hours.
      expect(performance.now() - began).toBeLessThan(20_000)
    }
  })
})

describe('an error', () => {
  const url = 'redis://user:secret@host'

  function leaking(): Error {
    const inner = Object.assign(new TypeError(`Invalid URL ${url}`), { code: 'ERR_INVALID_URL', input: url, port: 5 })
    const one = Object.assign(new Error('connect'), { address: url, path: url })
    const all = new AggregateError([one, new Error(`at ${url}`)], `several: ${url}`)
    return new Error(`outer ${url}`, {
      cause: Object.assign(new Error(`middle ${url}`, { cause: inner }), { all, list: [url] }),
    })
  }

  test('of promhive shows none: not in its message, its stack, its causes or their properties', () => {
    const error = new MetricsError('FLUSH_FAILED', `Redis at ${url} is away`, { cause: leaking() })
    for (const text of [error.message, error.stack!, inspect(error, { depth: 20, showHidden: true })]) {
      expect(text).not.toContain('secret')
    }
    const { cause } = error as { cause: Error & { cause: Error & { cause: Error } } }
    expect(cause.message).toBe('outer redis://***@host')
    expect(cause.cause).toMatchObject({
      message: 'middle redis://***@host',
      all: { message: 'several: redis://***@host' },
    })
    expect(cause.cause.cause).toMatchObject({ code: 'ERR_INVALID_URL', input: 'redis://***@host', port: 5 })
    expect(cause.cause.cause).toBeInstanceOf(TypeError)
    expect(cause.cause.cause.name).toBe('TypeError')
  })

  test('without any stays the one that it was', () => {
    const cause = new Error('no', { cause: new RangeError('never') })
    expect(new MetricsError('FLUSH_FAILED', 'x', { cause }).cause).toBe(cause)
    expect('cause' in new MetricsError('FLUSH_FAILED', 'x')).toBe(false)
    expect(maskedError(5)).toBe(5)
  })

  test('that causes itself ends', () => {
    const error = new Error(url) as Error & { cause: unknown }
    error.cause = error
    expect(inspect(maskedError(error))).not.toMatch(/^Error: .*secret/)
  })
})
