import { hostname } from 'node:os'
import { describe, expect, test } from 'vitest'
import {
  advertisedHost,
  checkAdvertise,
  checkTargetLabels,
  targetOf,
} from '../../../src/export/discovery/target-address.js'

const endpoint = { port: 9500, path: '/metrics', encrypted: false, advertise: 'web1', labels: { worker: '3' } }

describe('the target of an endpoint', () => {
  test('has the address that Prometheus uses, and names a path and a scheme that are not the default', () => {
    expect(targetOf(endpoint)).toEqual({ id: 'web1:9500', address: 'web1:9500', labels: { worker: '3' } })
    const { address, labels } = targetOf({ ...endpoint, advertise: '2001:db8::1', path: '/m', encrypted: true })
    expect(address).toBe('[2001:db8::1]:9500')
    expect(labels).toEqual({ worker: '3', __scheme__: 'https', __metrics_path__: '/m' })
  })

  test.each([
    ['0.0.0.0', hostname()],
    ['::', hostname()],
    ['[::]', hostname()],
    ['127.0.0.1', '127.0.0.1'],
    ['::1', '::1'],
    ['10.0.0.10', '10.0.0.10'],
  ])('of %s is announced as %s', (host, announced) => expect(advertisedHost(host)).toBe(announced))

  test.each(['web1', 'web1.example.com', '10.0.0.1', '2001:db8::1', '[::1]'])('may be announced as %s', (host) => {
    expect(checkAdvertise(host, 'advertise')).toBe(host)
  })

  test.each(['', 'web1:9500', 'http://web1', 'a b', 'a,b', 7, null])('is not announced as %o', (host) => {
    expect(() => checkAdvertise(host, 'advertise')).toThrow(
      'advertise must be a host name or an address without a port',
    )
  })

  test('has labels with valid names that promhive does not set', () => {
    expect(checkTargetLabels({ app: 'shop', shard: 3, empty: undefined }, 'labels')).toEqual({
      app: 'shop',
      shard: '3',
    })
    expect(() => checkTargetLabels({ 'a-b': 'x' }, 'labels')).toThrow('"a-b" is not a label name')
    expect(() => checkTargetLabels({ worker: 'x' }, 'labels')).toThrow('promhive sets the label "worker" itself')
    expect(() => checkTargetLabels([], 'labels')).toThrow('labels must be an object')
    expect(() => checkTargetLabels({ app: {} }, 'labels')).toThrow('must be a string')
  })
})
