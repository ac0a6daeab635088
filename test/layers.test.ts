import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { importsOf, readSource, root, type SourceFile } from './helpers/source-imports.js'

/**
 * Imports go downwards: what a room may import beside its own files, by room, folder or file. A room of `store` is a
 * backend, or what all backends share. The front doors, the files directly in src, only list exports. The
 * runtime, which composes a process, imports everything, and so do what is loaded before the application, the command line
 * and other libraries' names.
 */
const rooms: Readonly<Record<string, readonly string[] | 'everything'>> = {
  platform: [],
  model: [],
  'store/contract': ['model', 'store/core/series-log'],
  'store/core': ['platform', 'model', 'store/contract'],
  'store/memory': ['platform', 'model', 'store/contract', 'store/core'],
  'store/shared': ['platform', 'model', 'store/contract', 'store/core'],
  // Reads files in a directory of the shared store, by its rules of ownership.
  'store/python': [
    'platform',
    'model',
    'store/contract',
    'store/core',
    'store/shared/files',
    'store/shared/process-facts',
  ],
  'store/snapshot': ['platform', 'model', 'store/contract', 'store/core'],
  'store/values': ['platform', 'model', 'store/contract', 'store/core'],
  'store/redis/client': ['platform', 'model'],
  'store/redis': ['platform', 'model', 'store/contract', 'store/core', 'store/redis/client'],
  exposition: ['model'],
  metric: ['platform', 'model', 'store/contract'],
  gather: [
    'platform',
    'model',
    'exposition',
    'metric',
    'store/contract',
    'store/core/series-log',
    'store/core/slot-map',
  ],
  registry: ['platform', 'model', 'exposition', 'metric', 'gather', 'store/contract'],
  instrument: ['platform', 'model', 'metric', 'gather', 'registry'],
  export: ['platform', 'model', 'store/redis/client', 'exposition', 'gather'],
  supervisor: [
    'platform',
    'model',
    'metric',
    'gather',
    'export',
    'registry/registry-context',
    'store/contract',
    'instrument/http/express-route',
    'instrument/http/label-values',
    'instrument/port/port-metrics',
    'instrument/http/request-notes',
  ],
  runtime: 'everything',
  preload: 'everything',
  cli: 'everything',
  compat: 'everything',
  testing: 'everything',
}

/** Rooms that could run in a browser: not even `node:`. */
const pure = ['model', 'exposition']

/** Where the addon may be imported. */
const nativeIn = /^(platform\/addon-proof\.ts$|store\/shared\/|preload\/|cli\/|compat\/|runtime\/)/

/** Where the folder of the package may be looked up. */
const packageIn = /^(platform\/|cli\/|preload\/|runtime\/package-files\.ts$|(?:prom-client-)?register\.ts$)/

/** Packages that the application may install, and where each is imported, when it is needed. */
const peers: Readonly<Record<string, RegExp>> = {
  redis: /^store\/redis\/client\//,
  ioredis: /^store\/redis\/client\//,
  'hot-shots': /^export\/statsd\//,
  snappyjs: /^export\/remote-write\/snappy\.ts$/,
  yaml: /^supervisor\/settings\/file\.ts$/,
}

/** Files that may be longer than 300 lines, each with its reason. */
const long: Readonly<Record<string, string>> = {}

describe('the house', () => {
  test('imports go downwards', () => {
    const files = readSource()
    expect(files.flatMap(({ imports }) => imports).length).toBeGreaterThan(100)
    expect(violations(files)).toEqual([])
  })

  test('every file below src is in a room of the table', () => {
    const strangers = readSource().filter(({ path }) => path.includes('/') && !Object.hasOwn(rooms, roomOf(path)))
    expect(strangers.map(({ path }) => path)).toEqual([])
  })

  test('a front door is a list of exports; what is preloaded calls one function', () => {
    const doors = readdirSync(join(root, 'src'), { withFileTypes: true }).filter((entry) => entry.isFile())
    expect(doors.length).toBeGreaterThan(10)
    const code = doors.map(({ name }) => [name, logicIn(readFileSync(join(root, 'src', name), 'utf8'))] as const)
    const withLogic = Object.fromEntries(code.filter(([, text]) => text !== ''))
    expect(withLogic).toEqual({
      'prom-client-register.ts': expect.stringMatching(/^leadClients\(.*\)$/),
      'register.ts': expect.stringMatching(/^startRegistered\(.*\)$/),
    })
  })

  test('no file has more than 300 lines, unless it is listed with a reason', () => {
    const tooLong = readSource().filter(({ path, lines }) => lines > 300 && !(path in long))
    expect(tooLong.map(({ path, lines }) => `${path}: ${lines} lines`)).toEqual([])
  })

  test('a type name is declared once', () => {
    const files = new Map<string, string[]>()
    for (const { path } of readSource()) {
      const text = readFileSync(join(root, 'src', path), 'utf8')
      const declarations = text.matchAll(
        /^(?:export )?(?:abstract |declare )?(?:interface|class|type|enum) ([A-Z]\w*)/gm,
      )
      // A class and an interface of one file are one type.
      for (const [, name] of declarations) files.set(name!, [...new Set([...(files.get(name!) ?? []), path])])
    }
    expect(files.size).toBeGreaterThan(400)
    // What another client calls its classes and types is its own, and promhive's classes have prom-client's names.
    const clientOf = (path: string): string => /^compat\/prom(?:-client|etheus-io)\//.exec(path)?.[0] ?? 'promhive'
    // Of one file: a class and the interface that adds to it.
    const twice = [...files].filter(([, paths]) => new Set(paths.map(clientOf)).size < new Set(paths).size)
    expect(twice).toEqual([])
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
    ['a function', 'export function x(): void {}'],
    ['a constant', 'export const x = 1'],
    ['a type', 'export interface X {}'],
    ['a call', "import { x } from './x.js'\nx()"],
    ['a name of its own', "import { x } from './x.js'\nexport { x }"],
    ['a default', 'export default {}'],
  ])('%s in a front door', (_, text) => expect(logicIn(text)).not.toBe(''))

  test.each([
    ['a room that imports upwards', 'model/family.ts', '../metric/counter.js', 'model imports ./metric/counter'],
    [
      'a neighbour on the same floor',
      'store/core/segments.ts',
      '../../exposition/text.js',
      'store/core imports ./exposition/text',
    ],
    [
      'a file that is not part of the contract',
      'metric/child.ts',
      '../store/core/segments.js',
      'metric imports ./store/core/segments',
    ],
    ['a backend by name', 'gather/merge.ts', '../store/memory/x.js', 'gather imports ./store/memory/x'],
    ['a backend in another one', 'store/memory/x.ts', '../shared/seat.js', 'store/memory imports ./store/shared/seat'],
    [
      'a backend in what all backends use',
      'store/core/segments.ts',
      '../memory/x.js',
      'store/core imports ./store/memory/x',
    ],
    ['the front door', 'registry/registry.ts', '../index.js', 'registry imports ./index'],
    [
      'the context of a process',
      'registry/registry.ts',
      '../runtime/process-context.js',
      'registry imports ./runtime/process-context',
    ],
    ['node: in a room that is pure', 'model/bounds.ts', 'node:fs', 'model imports node:fs'],
    ['the addon outside of its corner', 'metric/counter.ts', '../platform/addon.js', 'metric imports ./platform/addon'],
    ['a package', 'gather/merge.ts', 'prom-client', 'gather imports prom-client'],
    [
      'a folder that only one other room may import',
      'metric/counter.ts',
      '../store/redis/client/redis-address.js',
      'metric imports ./store/redis/client/redis-address',
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

/** The rest of a file without its comments, imports and exports from other files. */
function logicIn(text: string): string {
  const list = String.raw`(?:type )?(?:\*(?: as \w+)?|\{[^{}]*\})`
  return text
    .replace(/\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm, '')
    .replace(new RegExp(`^(?:import|export) ${list} from '[^']+'$|^import '[^']+'$`, 'gm'), '')
    .trim()
}

function violations(files: readonly SourceFile[]): string[] {
  return files.flatMap(({ path, imports }) =>
    imports.filter((name) => !allowed(path, name)).map((name) => `${path}: ${roomOf(path)} imports ${name}`),
  )
}

function allowed(path: string, name: string): boolean {
  const room = roomOf(path)
  if (name.startsWith('node:')) return !pure.includes(room)
  if (Object.hasOwn(peers, name)) return peers[name]!.test(path)
  if (!name.startsWith('./')) return false
  const wanted = name.slice(2)
  if (wanted === 'platform/addon') return nativeIn.test(path)
  if (wanted === 'platform/package-root') return packageIn.test(path)
  const may = rooms[room] ?? 'everything'
  if (may === 'everything') return true
  return roomOf(wanted) === room || may.some((allowedName) => wanted === allowedName || roomOf(wanted) === allowedName)
}

/** The longest name in the table that contains the file; undefined for a file of the front door. */
function roomOf(path: string): string {
  const parts = path.replace(/\.ts$/, '').split('/')
  if (parts.length === 1) return ''
  for (let count = parts.length; count > 0; count--) {
    const name = parts.slice(0, count).join('/')
    if (Object.hasOwn(rooms, name)) return name
  }
  return parts[0]!
}
