import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { redisVariables, withEnvironment } from '../../../src/store/redis/environment-options.js'
import { checkRedisOptions, settingsOf } from '../../../src/store/redis/options.js'
import { sentinelPlace } from '../../../src/store/redis/sentinel-options.js'
import { root } from '../../helpers/source-imports.js'

describe('the variables of redis()', () => {
  test.for([
    [{}, { PROMHIVE_REDIS_URL: 'redis://a:1/2' }, { url: 'redis://a:1/2' }],
    [
      {},
      { PROMHIVE_REDIS_URL: 'rediss://a', PROMHIVE_REDIS_USERNAME: 'u', PROMHIVE_REDIS_PASSWORD: 'p@ss' },
      { url: 'rediss://a', username: 'u', password: 'p@ss' },
    ],
    [
      {},
      { PROMHIVE_REDIS_HOST: 'a', PROMHIVE_REDIS_PORT: '7', PROMHIVE_REDIS_DB: '1', PROMHIVE_REDIS_TLS: '1' },
      { host: 'a', port: 7, db: 1, tls: {} },
    ],
    [
      {},
      {
        PROMHIVE_REDIS_SENTINELS: 'a:1, b',
        PROMHIVE_REDIS_SENTINEL_NAME: 'm',
        PROMHIVE_REDIS_SENTINEL_USERNAME: 'w',
        PROMHIVE_REDIS_SENTINEL_PASSWORD: 'x',
        PROMHIVE_REDIS_SENTINEL_TLS: 'on',
        PROMHIVE_REDIS_CA_FILE: '/ca.pem',
      },
      {
        sentinels: ['a:1', 'b'],
        name: 'm',
        sentinelUsername: 'w',
        sentinelPassword: 'x',
        tls: { caFile: '/ca.pem' },
        sentinelTls: { caFile: '/ca.pem' },
      },
    ],
    [
      {},
      {
        PROMHIVE_REDIS_CERT_FILE: '/c',
        PROMHIVE_REDIS_KEY_FILE: '/k',
        PROMHIVE_REDIS_KEY_PREFIX: 'shop',
        PROMHIVE_REDIS_FLUSH_INTERVAL: '0.5',
        PROMHIVE_REDIS_DEAD_AFTER: '20',
        PROMHIVE_REDIS_EXPIRE_KEY_TIME: '60',
        PROMHIVE_REDIS_CONNECT_TIMEOUT: '1',
        PROMHIVE_REDIS_COMMAND_TIMEOUT: '2',
        PROMHIVE_REDIS_SCRAPE_TIMEOUT: '3',
        PROMHIVE_REDIS_CLOSE_TIMEOUT: '4',
        PROMHIVE_REDIS_SCOPE: 'instance',
        PROMHIVE_REDIS_INSTANCE: 'i',
        PROMHIVE_REDIS_PER_HOST: 'no',
      },
      {
        tls: { certFile: '/c', keyFile: '/k' },
        keyPrefix: 'shop',
        flushInterval: 0.5,
        deadAfter: 20,
        expireKeyTime: 60,
        connectTimeout: 1,
        commandTimeout: 2,
        scrapeTimeout: 3,
        closeTimeout: 4,
        scope: 'instance',
        instance: 'i',
        perHost: false,
      },
    ],
    // An address in code is the whole address; other options come one by one.
    [
      { url: 'redis://code', closeTimeout: 9 },
      { PROMHIVE_REDIS_PASSWORD: 'p', PROMHIVE_REDIS_CLOSE_TIMEOUT: '1', PROMHIVE_REDIS_SCOPE: 'instance' },
      { url: 'redis://code', closeTimeout: 9, scope: 'instance' },
    ],
    [{ key_prefix: 'theirs' }, { PROMHIVE_REDIS_KEY_PREFIX: 'ours' }, { key_prefix: 'theirs' }],
    [{}, { PROMHIVE_REDIS_URL: '', PROMHIVE_REDIS_PORT: 'tcp://10.0.0.1:6379' }, {}],
  ] as const)('beside %o: %o', ([options, environment, expected]) => {
    expect(withEnvironment(options, environment)).toEqual(expected)
  })

  test('are refused by name, without their value if it may be a secret', () => {
    const wrong = (variable: string, value: string) => () => withEnvironment({}, { [variable]: value })
    for (const [variable, value, says] of [
      ['PROMHIVE_REDIS_PORT', 'x', 'a port from 0 to 65535 (6379 if unset), got "x"'],
      ['PROMHIVE_REDIS_PORT', '70000', 'a port from 0 to 65535 (6379 if unset), got "70000"'],
      ['PROMHIVE_REDIS_DEAD_AFTER', '-1', 'a number of seconds from 0.1 on (15 if unset), got "-1"'],
      ['PROMHIVE_REDIS_CLOSE_TIMEOUT', '0', 'a number of seconds from 0.01 on (2 if unset), got "0"'],
      ['PROMHIVE_REDIS_SHARDS', '1.5', 'a whole number of shards from 1 to 1024 (1 if unset), got "1.5"'],
      ['PROMHIVE_REDIS_SCOPE', 'all', 'service or instance (service if unset), got "all"'],
      ['PROMHIVE_REDIS_PER_HOST', 'x', 'true or false, got "x"'],
      ['PROMHIVE_REDIS_TLS', 'enabled', 'true or false, got "enabled"'],
    ] as const) {
      expect(wrong(variable, value)).toThrow(`${variable} must be ${says}: correct it, or unset it`)
    }
  })

  test('are all in the documentation', () => {
    const page = readFileSync(join(root, 'docs', 'redis.md'), 'utf8')
    expect(redisVariables.filter((variable) => !page.includes(`\`${variable}\``))).toEqual([])
  })
})

describe('sentinels', () => {
  const place = (options: object) => sentinelPlace(options as never)
  const settled = (options: object) => settingsOf(checkRedisOptions(options as never))

  test('may be texts or objects, with users and TLS of their own', () => {
    const options = {
      sentinels: ['a', 'b:1', '[::1]:2', { host: 'c' }, { host: 'd', port: 3 }],
      name: 'm',
      ...{ db: 2, username: 'u', password: 'p', tls: {}, sentinelPassword: 's', sentinelTls: {} },
    }
    settled(options)
    const { sentinels, server } = place(options)!
    expect(sentinels.map(({ host, port }) => `${host} ${port}`)).toEqual(['a 26379', 'b 1', '::1 2', 'c 26379', 'd 3'])
    expect(sentinels[0]).toMatchObject({ db: 0, password: 's', tls: {} })
    expect(server).toEqual({ db: 2, username: 'u', password: 'p', tls: {} })
    expect(place({ url: 'redis://a' })).toBeUndefined()
  })

  test.for([
    [{ sentinels: [], name: 'm' }, 'sentinels is a list such as'],
    [{ sentinels: ['a'] }, 'name must be the name of the master'],
    [{ sentinels: ['a:b'], name: 'm' }, 'a sentinel is { host, port }'],
    [{ sentinels: [{ host: 'a', port: -1 }], name: 'm' }, 'a sentinel is { host, port }'],
    [{ name: 'm' }, 'name goes with sentinels'],
    [{ sentinels: ['a'], name: 'm', sentinelPassword: 5 }, 'sentinelPassword must be a text'],
    [{ sentinels: ['a'], name: 'm', url: 'redis://a' }, 'sentinels and url exclude each other'],
    [{ sentinels: ['a'], name: 'm', host: 'a', port: 1 }, 'sentinels and host, port exclude each other'],
    [{ sentinels: ['a'], name: 'm', client: {} }, 'sentinels and client exclude each other'],
  ] as const)('%o are refused: %s', ([options, message]) => {
    expect(() => {
      settled(options)
      place(options)
    }).toThrow(message)
  })
})
