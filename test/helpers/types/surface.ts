import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { root } from '../processes/dist.js'

interface Exported {
  readonly name: string
  readonly isType: boolean
}

/** The names in the lists of exports of a built file. */
function exportsIn(file: string): string[] {
  const text = readFileSync(join(root, file), 'utf8')
  const listed = [...text.matchAll(/^export \{([^}]*)\}/gm)].flatMap(([, list]) => list!.split(','))
  return listed.map((each) => each.trim()).filter((each) => each !== '')
}

/** The names that an entry exports. Without `esm`, the declarations mark those of types. */
function exportsOf(declarations: string, esm: string | undefined): Exported[] {
  const nameOf = (each: string) => each.split(' ').at(-1)!
  const values = esm === undefined ? undefined : new Set(exportsIn(esm).map(nameOf))
  return exportsIn(declarations).map((each) => {
    const name = nameOf(each)
    return { name, isType: values === undefined ? each.startsWith('type ') : !values.has(name) }
  })
}

interface Entry {
  readonly specifier: string
  readonly exports: readonly Exported[]
}

/** The entries of package.json, with what each exports. One of those below lib/ stands for them. */
export function entries(): Entry[] {
  const { exports } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
  return Object.keys(exports)
    .filter((entry) => entry !== './package.json')
    .map((entry) => {
      const { types, import: esm = { types, default: undefined } } = exports[entry]
      const isPattern = entry.includes('*')
      const specifier = `promhive${entry.slice(1).replace('*', 'util')}`
      return { specifier, exports: isPattern ? [] : exportsOf(esm.types, esm.default) }
    })
}

/** A program that imports every name of every entry, as an ES module. */
export function surfaceForImport(): string {
  const lines = entries().map(({ specifier, exports }, i) => {
    const names = exports.map(({ name, isType }) => `${isType ? 'type ' : ''}${name} as ${name}${i}`)
    return `import * as entry${i} from '${specifier}'\nexport { ${names.join(', ')} } from '${specifier}'\nexport { entry${i} }\n`
  })
  return lines.join('')
}

/** The same in CommonJS. */
export function surfaceForRequire(): string {
  const lines = entries().map(({ specifier, exports }, i) => {
    const types = exports.filter(({ isType }) => isType).map(({ name }) => `${name} as ${name}${i}`)
    const values = exports.filter(({ isType }) => !isType).map(({ name }) => `entry${i}.${name}`)
    return `import entry${i} = require('${specifier}')\nexport type { ${types.join(', ')} } from '${specifier}'\nvoid [entry${i}, ${values.join(', ')}]\n`
  })
  return lines.join('')
}

/** What Node.js, and bundlers, find under the name of an entry: each with its own options. */
export const resolutions = {
  nodenext: { module: 'nodenext', moduleResolution: 'nodenext' },
  node16: { module: 'node16', moduleResolution: 'node16' },
  bundler: { module: 'esnext', moduleResolution: 'bundler' },
  // The entries are in "typesVersions" for it. TypeScript 7 does not have it.
  node10: { module: 'commonjs', moduleResolution: 'node10' },
} as const
export type Resolution = keyof typeof resolutions

/** The programs of a resolution: in `bundler`, all files are ES modules, and in `node10` none. */
export function surfaceFor(resolution: Resolution): Record<string, string> {
  const esm = { 'surface.ts': surfaceForImport() }
  const cjs = { 'surface.cts': surfaceForRequire(), 'below-lib.cts': belowLib }
  if (resolution === 'bundler') return esm
  if (resolution === 'node10') return cjs
  return { ...esm, ...cjs }
}

/** What public code imports of the clients, by path. */
export const belowLib = `import Registry = require('promhive/prom-client/lib/registry')
import Counter = require('promhive/prom-client/lib/counter.js')
import Gauge = require('promhive/prometheus-io/lib/gauge')
import gc = require('promhive/prom-client/lib/metrics/gc')
import util = require('promhive/prom-client/lib/util')
import bucketGenerators = require('promhive/prom-client/lib/bucketGenerators.js')
import client = require('promhive/prom-client')

const registry: Registry = new Registry()
new Counter({ name: 'c', help: 'x', registers: [registry] }).inc()
new Gauge({ name: 'g', help: 'x' }).set(1)
gc(client.register, { prefix: 'shop_' })
const names: readonly string[] = gc.metricNames
const texts: string[] = [util.hashObject({ a: 1 }), util.getValueAsString(1), ...bucketGenerators.linearBuckets(0, 1, 2).map(String)]
export = [names, texts]
`
