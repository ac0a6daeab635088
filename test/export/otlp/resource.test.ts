import { expect, test } from 'vitest'
import { keyValues, type ResourceOptions, resourceOf } from '../../../src/export/otlp/resource.js'

const options: ResourceOptions = {
  attributes: {},
  serviceName: undefined,
  environmentAttributes: undefined,
  environmentName: undefined,
  instance: 'i',
  version: '1',
}

function read(more: Partial<ResourceOptions>) {
  const ignored: string[] = []
  const attributes = resourceOf({ ...options, ...more }, (text) => ignored.push(text))
  return { attributes: Object.fromEntries(attributes), ignored }
}

test('the resource has a name, an instance and the SDK without any option', () => {
  expect(read({}).attributes).toEqual({
    'service.name': 'unknown_service:node',
    // A UUID of version 8: the first 128 bits of the SHA-256 of "i", without six of them.
    'service.instance.id': 'de7d1b72-1a1e-8632-b7cf-04edf5032c8e',
    'telemetry.sdk.name': 'promhive',
    'telemetry.sdk.language': 'nodejs',
    'telemetry.sdk.version': '1',
  })
})

test('code overrides OTEL_SERVICE_NAME, which overrides OTEL_RESOURCE_ATTRIBUTES', () => {
  const environmentAttributes = 'service.name=c,service.instance.id=pod-1,host.name=h'
  const name = (more: Partial<ResourceOptions>) => read({ environmentAttributes, ...more }).attributes['service.name']
  expect(name({})).toBe('c')
  expect(name({ environmentName: 'b' })).toBe('b')
  expect(name({ environmentName: 'b', attributes: { 'service.name': 'a' } })).toBe('a')
  expect(name({ environmentName: 'b', serviceName: 'a' })).toBe('a')
  expect(read({ environmentAttributes, attributes: { 'host.name': 'x' } }).attributes).toMatchObject({
    'service.instance.id': 'pod-1',
    'host.name': 'x',
  })
})

test('attributes that cannot be read are ignored together, and reported', () => {
  const { attributes, ignored } = read({ environmentAttributes: 'a=1,b=%zz' })
  expect(attributes).not.toHaveProperty('a')
  expect(ignored).toEqual([expect.stringMatching(/^OTEL_RESOURCE_ATTRIBUTES is ignored: it must be key=value/)])
})

test.each([
  ['a=1, b = 2 ,', { a: '1', b: '2' }],
  ['a=x%2Cy%3D%20z,%C3%A9=1', { a: 'x,y= z', é: '1' }],
  ['a=b=c', { a: 'b=c' }],
  ['a=', { a: '' }],
  ['', {}],
  ['a', undefined],
  ['=1', undefined],
  ['a=%', undefined],
])('%j', (text, expected) => expect(keyValues(text)).toEqual(expected))
