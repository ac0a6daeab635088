import { execFile } from 'node:child_process'
import { cpSync, existsSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import ts from 'typescript-5.8'
import { describe, expect } from 'vitest'
import { MetricType } from '../../src/prom-client.js'
import { link } from '../helpers/npm/link.js'
import { cleanEnvironment } from '../helpers/processes/actor.js'
import { provideDist, root } from '../helpers/processes/dist.js'
import { node24, node24Folder } from '../helpers/processes/node24.js'
import { type Stage, test } from '../helpers/processes/stage.js'

const execute = promisify(execFile)

const clients = [
  { name: 'prom-client', alias: 'prom-client', node: process.execPath },
  { name: '@prometheus-io/client', alias: 'prometheus-io', node: node24 },
] as const
type Client = (typeof clients)[number]

const installed = (name: string): string => join(node24Folder, 'node_modules', name)

/** Files of the client that have no counterpart: code that requires them gets an error with the reason. */
const unsupported = ['exemplar', 'metric', 'timeWindowQuantiles']

/** What an application sees of a module, without the values. */
const describing = `
// The declarations have these names. With the client itself, an ESM import of one fails when it is run.
const declared = ['AggregatorFactory', 'MetricType', 'contentType']
globalThis.isOfBoth = (module, key) => module[Symbol.toStringTag] !== 'Module' || !declared.includes(key)
globalThis.keysOf = (module) => Object.keys(module).filter((key) => isOfBoth(module, key))
globalThis.shapeOf = (module) => Object.fromEntries(Object.entries(Object.getOwnPropertyDescriptors(module))
  .filter(([key, { enumerable }]) => enumerable && key !== 'module.exports' && isOfBoth(module, key))
  .map(([key, { get, set, writable, configurable }]) => [key,
    [typeof module[key], { get: typeof get, set: typeof set, writable, configurable }]]))
globalThis.print = (value) => { printed = value }
let printed
const all = {}`

/** A folder with the client itself. */
function withClient(stage: Stage, { name }: Client): string {
  const folder = stage.folder()
  link(folder, { [name]: installed(name) })
  return folder
}

/** A folder with the alias package in its place. */
function withAlias(stage: Stage, { name, alias }: Client): string {
  provideDist()
  const folder = stage.folder()
  link(folder, { promhive: root })
  cpSync(join(root, 'packages', alias), join(folder, 'node_modules', name), { recursive: true })
  return folder
}

/** What the programs printed, by their titles. */
type Seen = Record<string, Record<string, unknown>>

/** Runs the programs in one process, in their order; returns the output of each. */
async function run(folder: string, { name, node }: Client): Promise<Seen> {
  const imports = programs(name).map(([title, extension, code], i) => {
    writeFileSync(join(folder, `${i}.${extension}`), code.replaceAll(/(?<=['"])CLIENT/g, name))
    return `await import('./${i}.${extension}')\nall[${JSON.stringify(title)}] = await printed`
  })
  writeFileSync(join(folder, 'all.mjs'), `${describing}\n${imports.join('\n')}\nconsole.log(JSON.stringify(all))`)
  const { stdout, stderr } = await execute(node, ['all.mjs'], { cwd: folder, env: cleanEnvironment() })
  expect(stderr).toBe('')
  return JSON.parse(stdout)
}

/** A program in TypeScript, as tsc leaves it. */
function compiled(code: string, options: ts.CompilerOptions): string {
  return ts.transpileModule(code, { compilerOptions: { target: ts.ScriptTarget.ES2022, ...options } }).outputText
}

const star = "import * as client from 'CLIENT'\nprint([keysOf(client), shapeOf(client)])"
const byDefault = "import client from 'CLIENT'\nprint(client === undefined ? null : shapeOf(client))"
const byRequire = "import client = require('CLIENT')\nprint(shapeOf(client))"
const named =
  "import { Counter, contentType, register } from 'CLIENT'\nprint([typeof Counter, contentType, typeof register])"
const cjs = { module: ts.ModuleKind.CommonJS }

/** Each way in which code imports a client. */
function programs(name: string): (readonly [title: string, extension: 'cjs' | 'mjs', code: string])[] {
  return [
    ['require()', 'cjs', "const client = require('CLIENT')\nprint([keysOf(client), shapeOf(client)])"],
    ['import *', 'mjs', star],
    ['import', 'mjs', byDefault],
    ['import()', 'mjs', "print(keysOf(await import('CLIENT')))"],
    ['TypeScript, import * with esModuleInterop', 'cjs', compiled(star, { ...cjs, esModuleInterop: true })],
    ['TypeScript, import * without', 'cjs', compiled(star, { ...cjs, esModuleInterop: false })],
    ['TypeScript, import with esModuleInterop', 'cjs', compiled(byDefault, { ...cjs, esModuleInterop: true })],
    ['TypeScript, import without', 'cjs', compiled(byDefault, { ...cjs, esModuleInterop: false })],
    ['TypeScript, named imports', 'cjs', compiled(named, cjs)],
    ['TypeScript, import = require()', 'cjs', compiled(byRequire, cjs)],
    ['symbols', 'cjs', symbols],
    ['files', 'cjs', filesOf(name)],
    ['contentType', 'cjs', contentType],
    ['a replaced export, as tests do it', 'cjs', replaced],
  ]
}

const symbols = `
const client = require('CLIENT')
print(Object.getOwnPropertySymbols(client).map((symbol) => [symbol.description, Object.keys(client[symbol]).sort()]))`

const contentType = `
const client = require('CLIENT')
client.contentType = client.openMetricsContentType
print([client.contentType, client.register.contentType])`

const replaced = `
const client = require('CLIENT')
client.Counter = class Fake {}
print([new (require('CLIENT').Counter)().constructor.name, delete client.Gauge])`

/** Requires and imports each file below `lib/` of the real client. */
function filesOf(name: string): string {
  const files = readdirSync(join(installed(name), 'lib'), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.js') && !file.startsWith('metrics/helpers/'))
    .map((file) => file.slice(0, -3))
  return `
    const main = require('CLIENT')
    const seen = async (file) => {
      try {
        const module = require('CLIENT/lib/' + file)
        if (require('CLIENT/lib/' + file + '.js') !== module) throw new Error('another module with .js')
        const same = Object.keys(main).filter((key) => main[key] === module)
        // Constants of a class, such as PROMETHEUS_CONTENT_TYPE, may be listed or not.
        const keys = Object.keys(module).filter((key) => module[key] !== undefined && !/^[A-Z_]+$/.test(key)).sort()
        return [typeof module, module.metricNames, same, keys, Object.keys(await import('CLIENT/lib/' + file + '.js'))]
      } catch ({ code, message }) {
        return [code, message]
      }
    }
    const files = ${JSON.stringify(files)}
    print(Promise.all(files.map(seen)).then((all) => Object.fromEntries(all.map((each, i) => [files[i], each]))))`
}

/** Of a client that promhive has no entry for yet, the names alone are there. */
const hasEntry = ({ alias }: Client): boolean => existsSync(join(root, 'src', 'compat', alias))

describe.each(
  clients.filter((client) => existsSync(installed(client.name)) && existsSync(client.node) && hasEntry(client)),
)('$name and the alias package', (client) => {
  test('look the same to each way of importing, and have the same files below lib/', async ({ stage }) => {
    const folders = [withClient(stage, client), withAlias(stage, client)]
    const [real, alias] = (await Promise.all(folders.map((folder) => run(folder, client)))) as [Seen, Seen]
    for (const file of unsupported) {
      const path = `${client.name}/lib/${file}`
      real.files![file] = ['PATH_UNSUPPORTED', `${path}: it is internal to the client; use what the client exports`]
    }
    expect(Object.keys(real)).toHaveLength(programs(client.name).length)
    expect(alias).toEqual(real)
  })

  test('have what the declarations export, for an ESM import', async ({ stage }) => {
    const folder = withAlias(stage, client)
    const code = `import * as client from '${client.name}'
      import { AggregatorFactory, contentType, register } from '${client.name}'
      const { MetricType } = client
      console.log(JSON.stringify([typeof AggregatorFactory, contentType === register.contentType, MetricType?.Histogram]))`
    writeFileSync(join(folder, 'declared.mjs'), code)
    const { stdout } = await execute(client.node, ['declared.mjs'], { cwd: folder, env: cleanEnvironment() })
    // A type alone in the declarations of the newer client.
    expect(JSON.parse(stdout)).toEqual(['function', true, client.alias === 'prom-client' ? MetricType.Histogram : null])
  })
})
