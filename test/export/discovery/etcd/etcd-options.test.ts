import { expect, test } from 'vitest'
import { etcdSettings } from '../../../../src/export/discovery/etcd/etcd-options.js'

const environment = {
  PROMHIVE_ETCD: 'https://a:2379, https://shop:s%40x@[::1]:2379/',
  PROMHIVE_ETCD_PREFIX: '/own',
  PROMHIVE_ETCD_JOB: 'shop',
  PROMHIVE_ETCD_TTL: '7.5',
  PROMHIVE_ETCD_CA_FILE: '/etc/ca.pem',
  PROMHIVE_ETCD_CERT_FILE: '/etc/cert.pem',
  PROMHIVE_ETCD_KEY_FILE: '/etc/key.pem',
}

test('the settings of etcd come from the environment', () => {
  expect(etcdSettings('test', {}, environment)).toEqual({
    endpoints: ['https://a:2379', 'https://[::1]:2379'],
    login: { username: 'shop', password: 's@x' },
    tls: { caFile: '/etc/ca.pem', certFile: '/etc/cert.pem', keyFile: '/etc/key.pem' },
    timeout: 5_000,
    prefix: '/own/',
    job: 'shop',
    ttl: 8,
  })
})

test('each option overrides its variable; files for TLS are ignored without https', () => {
  const options = { url: ['http://b:1'], prefix: '/x/', job: 'y', ttl: 60, username: 'u', password: 'p', timeout: 1 }
  expect(etcdSettings('test', options, environment)).toEqual({
    ...{ endpoints: ['http://b:1'], login: { username: 'u', password: 'p' }, tls: {} },
    ...{ timeout: 1_000, prefix: '/x/', job: 'y', ttl: 60 },
  })
})

test('without an address, or with off, there is no etcd', () => {
  expect(etcdSettings('test', {}, {})).toBeUndefined()
  expect(etcdSettings('test', {}, { PROMHIVE_ETCD: 'off' })).toBeUndefined()
})

test.for<[Readonly<Record<string, string>>, RegExp]>([
  [{ PROMHIVE_ETCD: 'etcd.internal:2379' }, /PROMHIVE_ETCD must begin with .*: write http:\/\/etcd.internal:2379/],
  [{ PROMHIVE_ETCD: 'http://a:1/v3' }, /PROMHIVE_ETCD must be http:\/\/host:2379 .* got "http:\/\/a:1\/v3"/],
  [{ PROMHIVE_ETCD: 'http://u:%@a:1' }, /PROMHIVE_ETCD: write % as %25 in user and password/],
  [{ PROMHIVE_ETCD: 'http://a:1', PROMHIVE_ETCD_TTL: 'x' }, /PROMHIVE_ETCD_TTL must be a number .* got "x"/],
  [{ PROMHIVE_ETCD: 'http://a:1', PROMHIVE_ETCD_USERNAME: 'x' }, /a user needs password too/],
  [{ PROMHIVE_ETCD: 'https://a:1', PROMHIVE_ETCD_KEY_FILE: 'x' }, /tls.certFile and tls.keyFile are both needed/],
])('%j is refused', ([environment, fault]) => {
  expect(() => etcdSettings('test', {}, environment)).toThrow(
    expect.objectContaining({ code: 'OPTION_INVALID', message: expect.stringMatching(fault) }),
  )
})
