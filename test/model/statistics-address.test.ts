import { describe, expect, test } from 'vitest'
import { statisticsAddress } from '../../src/model/statistics-address.js'

describe('an address of statistics', () => {
  test.each([
    ['/run/app.stats', { kind: 'unix', path: '/run/app.stats' }],
    ['./app.stats', { kind: 'unix', path: './app.stats' }],
    ['unix:/run/app.stats', { kind: 'unix', path: '/run/app.stats' }],
    ['unix:///run/app.stats', { kind: 'unix', path: '/run/app.stats' }],
    ['file:///tmp/stats.json', { kind: 'file', path: '/tmp/stats.json' }],
    ['127.0.0.1:9191', { kind: 'tcp', host: '127.0.0.1', port: 9191 }],
    ['tcp://localhost:0', { kind: 'tcp', host: 'localhost', port: 0 }],
    [':9191', { kind: 'tcp', host: '127.0.0.1', port: 9191 }],
    ['[::1]:9191', { kind: 'tcp', host: '::1', port: 9191 }],
    ['http://127.0.0.1:9191', { kind: 'http', host: '127.0.0.1', port: 9191, url: 'http://127.0.0.1:9191' }],
    ['http://[::1]:91/s', { kind: 'http', host: '::1', port: 91, url: 'http://[::1]:91/s' }],
    ['https://stats.test', { kind: 'https', host: 'stats.test', port: 443, url: 'https://stats.test' }],
  ])('%s', (text, address) => {
    expect(statisticsAddress(text)).toEqual(address)
  })

  test.each([
    '',
    'unix:',
    'localhost',
    '127.0.0.1:70000',
    '127.0.0.1:91/path',
    'http://',
    'ftp://a:1',
    'a b:1',
    'true',
  ])('is not %j', (text) => {
    expect(statisticsAddress(text)).toBeUndefined()
  })
})
