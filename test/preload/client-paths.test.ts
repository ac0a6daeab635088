import { describe, expect, test } from 'vitest'
import { moduleInstalled, moduleNamed } from '../../src/preload/client-paths.js'

describe('an import is led to promhive', () => {
  test.each([
    ['prom-client', 'prom-client/index.js'],
    ['prom-client/', 'prom-client/index.js'],
    ['prom-client/index', 'prom-client/index.js'],
    ['prom-client/index.js', 'prom-client/index.js'],
    ['prom-client/lib/registry', 'prom-client/lib/registry.js'],
    ['prom-client/lib/metrics/gc.js', 'prom-client/lib/metrics/gc.js'],
    ['@prometheus-io/client', 'prometheus-io/index.js'],
    ['@prometheus-io/client/lib/worker.js', 'prometheus-io/lib/worker.js'],
  ])('by the name %s', (specifier, module) => expect(moduleNamed(specifier)).toBe(module))

  test.each([
    ['file:///app/node_modules/prom-client/index.js', 'prom-client/index.js'],
    ['file:///app/node_modules/plug-in/node_modules/prom-client/lib/gauge.js', 'prom-client/lib/gauge.js'],
    ['file:///app/node_modules/.pnpm/prom-client@15.1.3/node_modules/prom-client/index.js', 'prom-client/index.js'],
    ['file:///app/node_modules/@prometheus-io/client/index.js', 'prometheus-io/index.js'],
  ])('by the file %s', (url, module) => expect(moduleInstalled(url)).toBe(module))
})

describe('an import is left alone', () => {
  test.each([
    'prom-client-foo',
    './prom-client',
    '/app/prom-client',
    'x/prom-client',
    'prom-client/package.json',
    'prom-client/index.d.ts',
    '@prometheus-io/client-extras',
    '@prometheus-io',
    'node:fs',
  ])('by the name %s', (specifier) => expect(moduleNamed(specifier)).toBe(undefined))

  test.each([
    'file:///app/node_modules/prom-client-foo/index.js',
    'file:///app/prom-client/index.js',
    'file:///app/node_modules/prom-client/package.json',
    'file:///app/node_modules/prom-client/node_modules/tdigest/index.js',
    'node:fs',
  ])('by the file %s', (url) => expect(moduleInstalled(url)).toBe(undefined))
})
