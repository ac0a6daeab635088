import { describe, expect, test } from 'vitest'
import { checkRedisOptions } from '../../../src/store/redis/options.js'

describe('an address in parts', () => {
  test.each([
    [
      { host: 'cache', port: 7000, key_prefix: 'shop' },
      { url: 'redis://cache:7000/0', keyPrefix: 'shop' },
    ],
    [{ host: 'cache' }, { url: 'redis://cache:6379/0' }],
    [{ port: 7000 }, { url: 'redis://localhost:7000/0' }],
    [{ host: '::1', db: 2 }, { url: 'redis://[::1]:6379/2' }],
    [{ host: 'cache', username: 'me', password: 'p@:/' }, { url: 'redis://me:p%40%3A%2F@cache:6379/0' }],
    [
      { host: 'cache', tls: {} },
      { url: 'rediss://cache:6379/0', tls: {} },
    ],
    [{ expire_key_time: 300 }, { expireKeyTime: 300 }],
    [{ key_prefix: 'theirs', keyPrefix: 'ours' }, { keyPrefix: 'ours' }],
    [{ url: 'redis://cache' }, { url: 'redis://cache' }],
    // A secret that has a source of its own.
    [{ url: 'redis://cache/2', password: 'p@:/' }, { url: 'redis://:p%40%3A%2F@cache/2' }],
    [{ url: 'redis://me:old@cache', password: 'new' }, { url: 'redis://me:new@cache' }],
    [{ url: 'rediss://cache:1', username: 'me', password: 's' }, { url: 'rediss://me:s@cache:1' }],
    [{ url: 'unix:///run/r.sock?db=2', password: 'p@:/' }, { url: 'unix://:p%40%3A%2F@/run/r.sock?db=2' }],
    [{ url: 'unix://me:old@/run/r.sock', password: 'new' }, { url: 'unix://me:new@/run/r.sock' }],
    [{ url: '/run/r.sock', username: 'me', password: 's' }, { url: 'unix://me:s@/run/r.sock' }],
  ])('%j', (given, expected) => {
    expect(checkRedisOptions(given)).toEqual(expected)
  })

  test.each([
    [{ url: 'redis://cache', host: 'other' }, 'redis: url and host exclude each other'],
    [{ client: {}, port: 1, db: 1 }, 'redis: client and port, db exclude each other'],
    [{ url: 'redis://cache', password: 7 }, 'redis: password must be a text, got 7'],
    [{ client: {}, password: 's' }, 'redis: client and password exclude each other'],
    [{ host: 7 }, 'redis: host must be a text, got 7'],
    [{ port: '6379' }, 'redis: port must be a whole number from 0 to 65535, got "6379"'],
    [{ port: 70_000 }, 'redis: port must be a whole number from 0 to 65535, got 70000'],
    [{ db: -1 }, 'redis: db must be the number of a database, got -1'],
  ])('%j is refused', (given, fault) => {
    expect(() => checkRedisOptions(given as never)).toThrow(fault)
  })
})
