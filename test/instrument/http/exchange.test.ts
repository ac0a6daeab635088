import { describe, expect, test } from 'vitest'
import { Exchange, transportOf } from '../../../src/instrument/http/exchange.js'

/** An exchange whose state a test sets. */
class SetExchange extends Exchange {
  sent = false
  left = false

  override get headSent(): boolean {
    return this.sent
  }

  override get abandoned(): boolean {
    return this.left
  }
}

function begun(): SetExchange {
  const exchange = new SetExchange()
  exchange.begin({ method: 'GET', url: '/', headers: {} }, 'GET', transportOf(false, 1, 1))
  return exchange
}

/** An error comes, in a state; then the exchange ends with a status. */
const cases: readonly (readonly [what: string, state: Partial<SetExchange>, status: number, failed: boolean])[] = [
  ['answered with 500', {}, 500, true],
  ['answered with 404, as the error asks for', {}, 404, false],
  ['answered with 200 by a handler that caught it', {}, 200, false],
  ['that comes when 200 has been sent', { sent: true }, 200, true],
  ['that comes when 404 has been sent', { sent: true }, 404, true],
  ['without an answer: the client left before it', {}, 0, true],
  ['that comes because the client has left', { left: true }, 0, false],
  ['that comes because the client has left a stream', { left: true, sent: true }, 200, false],
]

describe('an exchange with an error', () => {
  test.each(cases)('%s', (_, state, status, failed) => {
    const exchange = begun()
    Object.assign(exchange, state)
    exchange.recordError(new RangeError('out of stock'))
    exchange.end(status === 0)
    exchange.status = status
    expect(exchange.failed).toBe(failed)
    expect(exchange.errorType).toBe(state.left ? undefined : 'RangeError')
  })

  test('keeps the first one after the headers: the next ones are its consequences', () => {
    const exchange = begun()
    exchange.recordError(new TypeError('no such item'))
    exchange.sent = true
    exchange.recordError(new RangeError('out of stock'))
    exchange.recordError(new Error('cannot write headers'))
    expect(exchange.errorType).toBe('RangeError')
  })

  test('passes on nothing to the next one, which uses the same object', () => {
    const exchange = begun()
    exchange.sent = true
    exchange.templateSource = () => '/users/:id'
    exchange.recordError(new RangeError('out of stock'))
    exchange.end(false)
    exchange.recordError(new RangeError('too late'))
    exchange.begin({ method: 'GET', url: '/', headers: {} }, 'GET', 0)
    exchange.status = 200
    expect([exchange.failed, exchange.errorType, exchange.templateSource]).toEqual([false, undefined, undefined])
  })
})
