// Builds the package: the addon, the types, and each front door in one piece of ESM and one of CommonJS, beside what they share.
import { chmodSync, copyFileSync, cpSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { rolldown } from 'rolldown'
import { buildNative } from './build-native.mjs'
import { buildTypes } from './build-types.mjs'
import { writeAliasPackages } from './clients/alias-packages.mjs'
import { writeClientModules } from './clients/modules.mjs'
import { clients } from './clients/table.mjs'

const root = join(dirname(fileURLToPath(import.meta.url)), '..')
const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
const quiet = process.argv.includes('--quiet')

/** What the package exports as ESM and as CommonJS: each front door is a file of its name in src. */
const frontDoors = Object.fromEntries(
  Object.values(manifest.exports)
    .map((door) => door.import?.default.match(/^\.\/dist\/esm\/(.+)\.js$/)?.[1])
    .filter((name) => name !== undefined)
    .map((name) => [name, `src/${name}.ts`]),
)

/**
 * The doors under the names of other clients are CommonJS alone, as those clients are: an ESM import and a `require()` in
 * a plug-in must give the same classes. What stands below their `lib/` comes from `internals`.
 */
const clientDoors = Object.fromEntries(Object.keys(clients).map((name) => [name, `src/${name}.ts`]))
const internals = { internals: 'src/compat/internals/internals.ts' }

const doors = new Set(Object.values({ ...frontDoors, ...clientDoors }).map((file) => join(root, file)))

// Built beside, and put in place when it is whole: what runs from dist meanwhile finds its files.
const fresh = join(root, `.dist-${process.pid}`)
process.on('exit', () => rmSync(fresh, { recursive: true, force: true }))

buildNative({ quiet })
await buildTypes({
  root,
  doors: { ...frontDoors, ...clientDoors, ...internals },
  folders: [join(fresh, 'esm'), join(fresh, 'cjs')],
  scratch: join(fresh, 'declarations'),
})
// Loaded into every program that NODE_OPTIONS reaches: these few files, and none of promhive's core.
const preloaded = loadedBy(join(root, 'src', 'prom-client-register.ts'))
const core = loadedBy(join(root, 'src', 'index.ts'))
core.delete(join(root, 'src', 'index.ts'))
const register = loadedBy(join(root, 'src', 'register.ts'))
// What no other door loads stays in the file of its door.
for (const file of preloaded) if (!core.has(file) && !register.has(file)) preloaded.delete(file)
// What `promhive` loads when it is needed.
const server = beyond(loadedBy(join(root, 'src', 'runtime', 'exporters', 'open-metrics-server.ts')), core)
const costs = beyond(loadedBy(join(root, 'src', 'gather', 'costs', 'explained.ts')), core, server)
const registered = beyond(register, core, server)
// What these doors load beyond `promhive` and `promhive/register`, which every application loads at its start.
const redis = beyond(loadedBy(join(root, 'src', 'redis.ts')), core, registered)
const supervisor = beyond(loadedBy(join(root, 'src', 'supervisor.ts')), core, registered, redis)
// What exporters need as well, which do not load the supervisor.
const packageFiles = join(root, 'src', 'runtime', 'package-files.ts')
// Bundled, because Node takes a millisecond per file: importing eighty costs an application's start four times as much.
await bundle('esm', { ...frontDoors, 'cli/bin': 'src/cli/bin.ts' })
await bundle('cjs', {
  ...frontDoors,
  ...clientDoors,
  ...internals,
  // Loaded into supervised workers by path, before the application: with --require, which leaves its loading as it is.
  supervised: 'src/preload/supervised.ts',
  monitor: 'src/preload/monitor.ts',
})
// A thread of every process: bundled by itself, so that it loads only what it runs, and none of the metrics.
await bundle('cjs', { 'worker-target': 'src/preload/worker-target.ts' })

// dist/cjs is a package scope of its own, so that its .js files are CommonJS.
writeFileSync(join(fresh, 'cjs', 'package.json'), `${JSON.stringify({ type: 'commonjs' })}\n`)
writeClientModules(join(fresh, 'cjs'))
copyPage(join(fresh, 'page'))
for (const name of [...Object.keys({ ...clientDoors, ...internals }), 'types/clients'])
  rmSync(join(fresh, 'esm', `${name}.d.ts`))
chmodSync(join(fresh, 'esm', 'cli', 'bin.js'), 0o755)
writeAliasPackages(root)
rmSync(join(root, 'dist'), { recursive: true, force: true })
renameSync(fresh, join(root, 'dist'))
if (!quiet) console.log('promhive: built dist/esm and dist/cjs')

/** The files of the page for people, with uPlot and its licence. */
function copyPage(folder) {
  const uplot = join(root, 'node_modules', 'uplot')
  cpSync(join(root, 'src', 'export', 'page', 'assets'), folder, { recursive: true })
  copyFileSync(join(uplot, 'dist', 'uPlot.iife.min.js'), join(folder, 'uplot.js'))
  copyFileSync(join(uplot, 'dist', 'uPlot.min.css'), join(folder, 'uplot.css'))
  copyFileSync(join(uplot, 'LICENSE'), join(folder, 'uplot-LICENSE.txt'))
}

/** The files that a file of src loads, itself included; not what it imports when it is needed, nor types. */
function loadedBy(file, found = new Set()) {
  if (found.has(file)) return found
  found.add(file)
  const imports = readFileSync(file, 'utf8').matchAll(/^(?:import|export)(?! type\b)[\w\s{},*$]*'(\.[^']+)\.js'/gm)
  for (const [, path] of imports) loadedBy(join(dirname(file), `${path}.ts`), found)
  return found
}

/** The files that none of the others has, without front doors. */
function beyond(files, ...others) {
  return new Set([...files].filter((file) => !doors.has(file) && others.every((other) => !other.has(file))))
}

/**
 * Loads modules of Node.js with `process.getBuiltinModule()`. CommonJS that is part of an ES module of esbuild has no
 * `require()` for them. In an ES module, an import of `node:fs` or `node:util` evaluates all their exports, which loads
 * dozens of other modules, and takes up to a quarter of the time of the whole import.
 */
function builtinModules(format) {
  const path = 'require("url").pathToFileURL(__filename).href'
  const without = '(typeof __filename === "undefined" ? undefined : require("node:url").pathToFileURL(__filename).href)'
  const get = 'process.getBuiltinModule($2)'
  return {
    name: 'builtin-modules',
    renderChunk: (code) =>
      format === 'esm'
        ? code
            .replaceAll(/^import (\w+\$?\d*) from ("node:[\w/]+");$/gm, `const $1 = ${get};`)
            .replaceAll(/^import (\{[^}]*\}) from ("node:[\w/]+");$/gm, (_, names, module) => {
              return `const ${names.replaceAll(' as ', ': ')} = process.getBuiltinModule(${module});`
            })
        : code.replaceAll(path, without).replaceAll(/\brequire\(("node:[\w/]+")\)/g, 'process.getBuiltinModule($1)'),
    // The last hook: code is printed anew after renderChunk.
    generateBundle(_, files) {
      for (const file of Object.values(files)) if (file.type === 'chunk') file.code = toAscii(file.code)
    },
  }
}

/** V8 holds a file with any other character in twice the memory, and needs more time to parse it. */
function toAscii(code) {
  const escaped = (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`
  return code.replaceAll(/\P{ASCII}/gu, (character) => character.split('').map(escaped).join(''))
}

async function bundle(format, input) {
  const build = await rolldown({
    cwd: root,
    input,
    // What the application installs or does not: each is imported when it is needed.
    external: [/^node:/, ...Object.keys(manifest.peerDependencies)],
    platform: 'node',
    logLevel: 'warn',
    plugins: [builtinModules(format)],
  })
  const dir = join(fresh, format)
  mkdirSync(dir, { recursive: true })
  await build.write({
    dir,
    format,
    entryFileNames: '[name].js',
    chunkFileNames: 'chunks/[hash].js',
    // They stand in the types; Node reads them at each start.
    comments: { jsdoc: false },
    // Few files, and none that loads what its door does not need: what `promhive` itself is made of, and what else several
    // doors share.
    codeSplitting: {
      groups: [
        // A group takes what its files import along, unless a group of higher priority has it.
        { name: 'preloaded', test: (id) => preloaded.has(id), priority: 6 },
        { name: 'core', test: (id) => core.has(id), priority: 5 },
        { name: 'server', test: (id) => server.has(id), priority: 4 },
        { name: 'costs', test: (id) => costs.has(id), priority: 4 },
        { name: 'registered', test: (id) => registered.has(id), priority: 4 },
        { name: 'package', test: (id) => id === packageFiles, priority: 4 },
        { name: 'redis', test: (id) => redis.has(id), priority: 3 },
        { name: 'supervisor', test: (id) => supervisor.has(id), priority: 2 },
        // An entry point that another one imports stays a separate file; otherwise each of them would load both.
        { name: 'shared', minShareCount: 2, priority: 1, test: (id) => !doors.has(id) },
      ],
    },
  })
  await build.close()
}
