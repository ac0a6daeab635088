import { describe, expect, test } from 'vitest'
import { redis } from '../../../src/redis.js'

describe('options of redis()', () => {
  test.each([0, -1, 1.5, 2000, '3', null])('refuse %o shards', (shards) => {
    expect(() => redis({ shards } as never)).toThrow(/redis: shards is a whole number from 1 to 1024/)
  })

  test.each([5, true, null])('refuse to read from %o', (readFrom) => {
    expect(() => redis({ readFrom } as never)).toThrow(/redis: readFrom is a URL or a client/)
  })

  test('refuse to read from another kind of client, and from another kind of URL', () => {
    expect(() => redis({ readFrom: {} })).toThrow(/redis: readFrom must be one of the packages redis/)
    const read = () => redis({ readFrom: 'http://metrics:secret@replica' })
    expect(read).toThrow(/readFrom/)
    expect(read).not.toThrow(/secret/)
  })
})
