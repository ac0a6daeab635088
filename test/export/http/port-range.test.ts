import { describe, expect, test } from 'vitest'
import { openFirstFree, portRange } from '../../../src/export/http/port-range.js'
import { MetricsError } from '../../../src/model/errors.js'

/** Opens ports that are not in the list of taken ones, and notes which were tried. */
function opening(taken: readonly number[]) {
  const tried: number[] = []
  const open = async (port: number): Promise<number> => {
    tried.push(port)
    if (taken.includes(port)) throw new MetricsError('PORT_TAKEN', 'taken')
    if (port === 80) throw new MetricsError('SERVER_FAILED', 'denied')
    return port
  }
  return { tried, open }
}

describe('a range of ports', () => {
  test.each([
    ['9500-9599', { first: 9500, last: 9599 }],
    [' 9500 - 9500 ', { first: 9500, last: 9500 }],
    ['9500', { first: 9500, last: 9500 }],
    [9500, { first: 9500, last: 9500 }],
    ['0', { first: 0, last: 0 }],
    [0, { first: 0, last: 0 }],
  ])('is read from %o', (text, range) => expect(portRange(text)).toEqual(range))

  test.each(['', '-1', '9599-9500', '0-5', '1-65536', '65536', '9500-', 'x', '1.5', null, undefined, true, [9500], {}])(
    'is not read from %o',
    (text) => expect(portRange(text)).toBeUndefined(),
  )

  test('is tried from its first port on', async () => {
    const { tried, open } = opening([9500, 9501])
    expect(await openFirstFree({ first: 9500, last: 9503 }, open)).toBe(9502)
    expect(tried).toEqual([9500, 9501, 9502])
  })

  test('is tried from a preferred port on, if that is one of the range', async () => {
    const { tried, open } = opening([9502])
    expect(await openFirstFree({ first: 9500, last: 9503 }, open, 9502)).toBe(9500)
    expect(await openFirstFree({ first: 9500, last: 9503 }, open, 9504)).toBe(9500)
    expect(await openFirstFree({ first: 0, last: 0 }, open, 9504)).toBe(9504)
    expect(tried).toEqual([9502, 9500, 9500, 9504])
  })

  test('is taken if all its ports are; another error is that of the address', async () => {
    const { open } = opening([9500, 9501])
    const taken = openFirstFree({ first: 9500, last: 9501 }, open)
    await expect(taken).rejects.toMatchObject({ code: 'PORT_TAKEN', message: expect.stringContaining('9500 to 9501') })
    await expect(openFirstFree({ first: 80, last: 81 }, open)).rejects.toMatchObject({ code: 'SERVER_FAILED' })
  })
})
