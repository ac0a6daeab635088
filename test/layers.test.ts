import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { importsOf, readSource, root, type SourceFile } from './helpers/source-imports.js'

/**
 * Imports go downstairs: what a room may import beside its own files. `store/backend` is one file of the room below.
 * The front doors, the files directly in src, import everything, and so do the home of a process, which composes it, the
 * command line and other libraries' names.
 */
const rooms: Readonly<Record<string, readonly string[] | 'everything'>> = {
  runtime: [],
  model: [],
  'redis-client': ['runtime', 'model'],
  store: ['runtime', 'model', 'redis-client'],
  exposition: ['model'],
  metric: ['runtime', 'model', 'store/backend'],
  collect: ['runtime', 'model', 'metric', 'store/backend', 'store/series-log', 'store/slot-map'],
  instrument: ['runtime', 'model', 'metric', 'collect'],
  delivery: ['runtime', 'model', 'redis-client', 'exposition', 'collect'],
  supervisor: [
    'runtime',
    'model',
    'metric',
    'collect',
    'delivery',
    'store/backend',
    'instrument/http/express-route',
    'instrument/http/label-values',
    'instrument/port/port-metrics',
    'instrument/http/request-notes',
  ],
  home: 'everything',
  cli: 'everything',
  compat: 'everything',
  testing: 'everything',
}

/** Rooms that could run in a browser: not even `node:`. */
const pure = ['model', 'exposition']

/** Where the addon may be asked for. */
const nativeIn = /^(store\/shared\/|cli\/|compat\/|[^/]+$)/

/** Where it may be asked in which folder the package lies. */
const packageIn = /^(cli\/|home\/package-files\.ts$|[^/]+$)/

/** Packages that the application installs or does not, and where each is imported, when it is needed. */
const peers: Readonly<Record<string, RegExp>> = {
  redis: /^redis-client\//,
  ioredis: /^redis-client\//,
  yaml: /^supervisor\/configuration\/file\.ts$/,
}

/** Files that may be longer than 300 lines, each with its reason. */
const long: Readonly<Record<string, string>> = {}

describe('the house', () => {
  test('imports go downstairs', () => {
    const files = readSource()
    expect(files.flatMap(({ imports }) => imports).length).toBeGreaterThan(100)
    expect(violations(files)).toEqual([])
  })

  test('every file below src lies in a room of the table', () => {
    const strangers = readSource().filter(({ path }) => path.includes('/') && !(roomOf(path) in rooms))
    expect(strangers.map(({ path }) => path)).toEqual([])
  })

  test('no file has more than 300 lines, unless it is listed with a reason', () => {
    const tooLong = readSource().filter(({ path, lines }) => lines > 300 && !(path in long))
    expect(tooLong.map(({ path, lines }) => `${path}: ${lines} lines`)).toEqual([])
  })

  test('the list of long files names only files that are long', () => {
    const files = new Map(readSource().map(({ path, lines }) => [path, lines]))
    expect(Object.keys(long).filter((path) => (files.get(path) ?? 0) <= 300)).toEqual([])
  })

  test('the package has no runtime dependency, and no peer that must be there', () => {
    const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
    const { dependencies = {}, optionalDependencies = {}, peerDependencies = {}, peerDependenciesMeta = {} } = manifest
    expect({ ...dependencies, ...optionalDependencies }).toEqual({})
    expect(Object.keys(peerDependencies).filter((name) => !peerDependenciesMeta[name]?.optional)).toEqual([])
  })
})

describe('the test of the house sees', () => {
  test.each([
    ['a room that imports upstairs', 'model/family.ts', '../metric/counter.js', 'model imports ./metric/counter'],
    ['a neighbour on the same floor', 'store/segments.ts', '../exposition/text.js', 'store imports ./exposition/text'],
    ['a file behind the contract', 'metric/child.ts', '../store/segments.js', 'metric imports ./store/segments'],
    ['a backend by name', 'collect/merge.ts', '../store/memory/x.js', 'collect imports ./store/memory/x'],
    ['a backend in another one', 'store/memory/x.ts', '../shared/seat.js', 'store/memory imports ./store/shared/seat'],
    ['a backend in what all backends use', 'store/segments.ts', './memory/x.js', 'store imports ./store/memory/x'],
    ['the front door', 'collect/registry.ts', '../index.js', 'collect imports ./index'],
    ['the home of a process', 'collect/registry.ts', '../home/process-home.js', 'collect imports ./home/process-home'],
    ['node: in a room that is pure', 'model/bounds.ts', 'node:fs', 'model imports node:fs'],
    ['the addon outside of its corner', 'metric/counter.ts', '#native', 'metric imports #native'],
    ['a package', 'collect/merge.ts', 'prom-client', 'collect imports prom-client'],
    [
      'a room that only two others may ask',
      'metric/counter.ts',
      '../redis-client/place.js',
      'metric imports ./redis-client/place',
    ],
    ['a peer outside of its room', 'store/shared/seat.ts', 'redis', 'store/shared imports redis'],
  ])('%s', (_, path, name, expected) => {
    for (const text of [
      `import { x } from '${name}'`,
      `import type {\n  x,\n} from "${name}"`,
      `export * from '${name}'`,
      `import '${name}'`,
      `const x = await import('${name}')`,
      `type X = import('${name}').X`,
    ]) {
      expect(violations([{ path, lines: 1, imports: importsOf(path, text) }]), text).toEqual([`${path}: ${expected}`])
    }
  })
})

function violations(files: readonly SourceFile[]): string[] {
  return files.flatMap(({ path, imports }) =>
    imports.filter((name) => !allowed(path, name)).map((name) => `${path}: ${placeOf(path)} imports ${name}`),
  )
}

function allowed(path: string, name: string): boolean {
  const room = roomOf(path)
  if (name === '#native') return nativeIn.test(path)
  if (name === '#package') return packageIn.test(path)
  if (name.startsWith('node:')) return !pure.includes(room)
  if (Object.hasOwn(peers, name)) return peers[name]!.test(path)
  if (!name.startsWith('./')) return false
  const wanted = name.slice(2)
  const may = rooms[room] ?? 'everything'
  if (may === 'everything') return true
  // A backend's file sees its own backend and the files directly in the room.
  if (roomOf(wanted) === room) return ['store', room, placeOf(path)].includes(placeOf(wanted))
  return may.includes(roomOf(wanted)) || may.includes(wanted)
}

/** `store/shared` for a file of that backend; else the room. */
function placeOf(path: string): string {
  const [room, backend, file] = path.split('/')
  return room === 'store' && file !== undefined ? `store/${backend}` : roomOf(path)
}

/** The folder below src; nothing for a file of the front door. */
function roomOf(path: string): string {
  return path.includes('/') ? path.slice(0, path.indexOf('/')) : ''
}
