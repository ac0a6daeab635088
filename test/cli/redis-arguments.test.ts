import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { main } from '../../src/cli/main.js'
import { redisTarget } from '../../src/cli/redis/redis-arguments.js'
import { redisVariables } from '../../src/store/redis/environment-options.js'

const url = 'redis://metrics:s3cret@127.0.0.1:1/2'
let errors = ''

beforeEach(() => {
  errors = ''
  vi.spyOn(console, 'error').mockImplementation((text) => void (errors += `${text}\n`))
  for (const name of redisVariables) vi.stubEnv(name, '')
})
afterEach(() => {
  vi.restoreAllMocks()
  vi.unstubAllEnvs()
})

describe.each(['serve', 'inspect', 'top', 'doctor'])('promhive %s', (command) => {
  test.each([
    [['--redis', url, '--dir', '/x'], '--redis and a directory exclude each other'],
    [['--prefix', 'shop', '--dir', '/x'], '--prefix and a directory exclude each other'],
    [['--prefix', 'shop'], '--prefix goes with --redis URL, or PROMHIVE_REDIS_URL'],
    [['--redis', 'http://user:s3cret@host'], '--redis: url must begin with redis://'],
    [['--redis', 'redis.internal:6379'], 'or unix:///: write redis://redis.internal:6379'],
    [['--redis', 'cache'], 'or unix:///: write redis://cache'],
    [['--redis', url, '--dead-after', 'soon'], '--dead-after must be a number of seconds above 0, got "soon"'],
    [['--redis', url, '--redis-ca-file', '/x.pem'], 'tls goes with a url that begins with rediss://'],
    [['--redis', url, '--prefix', ''], 'keyPrefix must be a short text'],
  ])('%j is refused', async (args, message) => {
    expect(await main([command, ...args])).toBe(1)
    expect(errors).toContain(message)
    expect(errors).toContain(`see promhive help ${command}`)
    expect(errors).not.toContain('s3cret')
  })
})

describe('the service that the command line reads', () => {
  test('is that of the options before that of the environment', () => {
    vi.stubEnv('PROMHIVE_REDIS_URL', url)
    vi.stubEnv('PROMHIVE_REDIS_KEY_PREFIX', 'shop')
    vi.stubEnv('PROMHIVE_REDIS_DEAD_AFTER', '60')
    expect(redisTarget({}, undefined)).toMatchObject({
      name: 'redis://***@127.0.0.1:1/2 shop',
      settings: { keyPrefix: 'shop', deadAfter: 60_000, expire: 3_600_000 },
    })
    const given = { redis: 'redis://other', prefix: 'till', 'dead-after': '5', 'expire-key-time': '10' }
    expect(redisTarget(given, undefined)).toMatchObject({
      name: 'redis://other till',
      settings: { keyPrefix: 'till', deadAfter: 5_000, expire: 10_000 },
    })
  })

  test.each([
    ['promhive/redis#redis', { url: 'redis://:s3cret@cache:7000/1', keyPrefix: 'shop', deadAfter: 7 }],
    ['pytheus.backends.redis.MultiProcessRedisBackend', { host: 'cache', port: 7000, db: 1, password: 's3cret' }],
  ])('is that of the application whose environment chooses %s', (choice, config) => {
    vi.stubEnv('PROMHIVE_BACKEND_CONFIG', JSON.stringify({ key_prefix: 'shop', ...config }))
    // Not chosen: a directory is meant.
    expect(redisTarget({}, undefined)).toBeUndefined()
    vi.stubEnv('PROMHIVE_BACKEND_CLASS', choice)
    vi.stubEnv('PROMHIVE_REDIS_URL', 'redis://elsewhere')
    expect(redisTarget({}, undefined)).toMatchObject({ name: 'redis://***@cache:7000/1 shop' })
    expect(redisTarget({}, '/a/directory')).toBeUndefined()
    // The command line replaces the address, with its secret, and keeps the rest.
    const given = { redis: 'redis://other', 'dead-after': '5' }
    const target = redisTarget(given, undefined)
    expect(target).toMatchObject({ name: 'redis://other shop', settings: { deadAfter: 5_000 } })
    expect(JSON.stringify(target)).not.toContain('s3cret')
  })

  test('is that of its file of options, whose certificates the command line may replace', () => {
    vi.stubEnv('PROMHIVE_BACKEND_CLASS', 'promhive/redis')
    vi.stubEnv('PROMHIVE_BACKEND_CONFIG', JSON.stringify({ url: 'rediss://cache', tls: { caFile: '/a.pem' } }))
    expect(redisTarget({}, undefined)).toMatchObject({ place: { tls: { caFile: '/a.pem' } } })
    const given = { 'redis-ca-file': '/b.pem' }
    expect(redisTarget(given, undefined)).toMatchObject({ place: { tls: { caFile: '/b.pem' } } })
    vi.stubEnv('PROMHIVE_BACKEND_CONFIG', '/nowhere.json')
    expect(() => redisTarget({}, undefined)).toThrow('PROMHIVE_BACKEND_CONFIG: /nowhere.json cannot be read')
  })

  test('has every address that redis() takes from the environment', () => {
    vi.stubEnv('PROMHIVE_REDIS_HOST', 'redis.internal')
    vi.stubEnv('PROMHIVE_REDIS_PASSWORD', 's3cret')
    expect(redisTarget({}, undefined)).toMatchObject({
      name: expect.stringMatching(/^redis:\/\/\*\*\*@redis\.internal:6379\/0 promhive$/),
      place: { url: 'redis://:s3cret@redis.internal:6379/0' },
    })
    // A URL on the command line replaces the host, and the secret stays in the environment.
    expect(redisTarget({ redis: 'redis://other:7000' }, undefined)).toMatchObject({
      place: { url: expect.stringMatching(/^redis:\/\/:s3cret@other:7000/) },
    })
    vi.stubEnv('PROMHIVE_REDIS_HOST', '')
    vi.stubEnv('PROMHIVE_REDIS_SENTINELS', 'sentinel-0:26379, sentinel-1')
    vi.stubEnv('PROMHIVE_REDIS_SENTINEL_NAME', 'mymaster')
    expect(redisTarget({ prefix: 'shop' }, undefined)).toMatchObject({
      name: 'sentinel mymaster shop',
      place: { name: 'mymaster', sentinels: [{ host: 'sentinel-0', port: 26379 }, { host: 'sentinel-1' }] },
    })
  })

  test('is a directory if the command line names one, whatever the environment contains', () => {
    vi.stubEnv('PROMHIVE_REDIS_URL', url)
    expect(redisTarget({}, '/dev/shm/shop')).toBeUndefined()
  })
})
