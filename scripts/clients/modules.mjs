// Writes the modules of the clients whose names promhive serves. Each is CommonJS with plain properties, as the client's
// own modules: what imports it as ESM or through TypeScript's interop gets the same names, and a test can replace a property.
import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { clients } from './table.mjs'

/**
 * `prom-client/index.js`, `prom-client/lib/…` and the same of the other client, beside the bundles of the front doors.
 *
 * @param {string} folder the folder of the CommonJS build
 */
export function writeClientModules(folder) {
  for (const [door, client] of Object.entries(clients)) {
    write(join(folder, door, 'index.js'), indexOf(door, client))
    for (const [path, file] of Object.entries(client.files)) {
      const up = '../'.repeat(path.split('/').length + 1)
      write(
        join(folder, door, 'lib', `${path}.js`),
        moduleOf(`${client.name}/lib/${path}`, file, `${up}${door}.js`, up),
      )
      write(join(folder, door, 'lib', `${path}.d.ts`), declarationOf(file, `${up}${door}.js`, up))
    }
  }
}

/**
 * @returns {string} the object that the client's own index.js exports. Names of the declarations that are not keys of that
 *   object are there for an ESM import, which would not load without them
 */
function indexOf(door, { exports, declared, symbols = {} }) {
  const lines = exports.map((name) => (name === 'contentType' ? contentType : `exports.${name} = client.${name}`))
  const hidden = declared.map((name) => `Object.defineProperty(exports, '${name}', { value: client.${name} })`)
  const named = Object.entries(symbols).map(([name, path]) => `exports[Symbol('${name}')] = require('${path}')`)
  const all = [...lines, ...named, ...hidden, namesForImports('exports', ['contentType', ...declared])]
  return `'use strict'\nconst client = require('../${door}.js')\n${all.join('\n')}\n`
}

/** Not run: Node reads in it which names an ESM import may use. */
function namesForImports(object, names) {
  return `0 && (${names.map((name) => `${object}.${name} = `).join('')}0)`
}

// Not Object.defineProperty(): Node leaves out an accessor that is defined so, whatever else names it.
const contentType = `Reflect.defineProperty(exports, 'contentType', {
  configurable: false,
  enumerable: true,
  get() {
    return exports.register.contentType
  },
  set(type) {
    exports.register.setContentType(type)
  },
})`

function moduleOf(path, file, door, up) {
  const lines = [`'use strict'`]
  if ('unsupported' in file) {
    lines.push(`require('${up}internals.js').unsupported('${path}', '${file.unsupported}')`)
    return `${lines.join('\n')}\n`
  }
  const { value, defaultMetric, names = [], exports = [], internals = {}, changing = [] } = file
  if (defaultMetric !== undefined) {
    // Not in one line: Node would read the names of all internals for an ESM import.
    lines.push(
      `const internals = require('${up}internals.js')`,
      `module.exports = internals.defaultMetric('${defaultMetric}')`,
    )
    return `${lines.join('\n')}\n${namesForImports('module.exports', ['metricNames'])}\n`
  }
  if (value !== undefined || exports.length > 0) lines.push(`const client = require('${door}')`)
  if (Object.keys(internals).length > 0) lines.push(`const internals = require('${up}internals.js')`)
  if (value !== undefined) lines.push(`module.exports = client.${value}`)
  if (names.length > 0) lines.push(namesForImports('module.exports', names))
  lines.push(
    ...exports.map((name) => `exports.${name} = client.${name}`),
    ...Object.entries(internals).map(([name, other]) => `exports.${name} = internals.${other}`),
    ...changing.map((name) => `exports.${name} = internals.changesStorage('${path}', '${name}')`),
  )
  return `${lines.join('\n')}\n`
}

function declarationOf(file, door, up) {
  if ('unsupported' in file) return 'declare const unsupported: never\nexport = unsupported\n'
  const { value, defaultMetric, exports = [], internals = {}, changing = [] } = file
  if (defaultMetric !== undefined) {
    return `import { DefaultMetric } from '${up}internals.js'\ndeclare const add: DefaultMetric\nexport = add\n`
  }
  if (value !== undefined) return `import { ${value} } from '${door}'\nexport = ${value}\n`
  const aliased = Object.entries(internals).map(([name, other]) => (name === other ? name : `${other} as ${name}`))
  const lines = [
    ...list('export', exports, door),
    ...list('export', aliased, `${up}internals.js`),
    ...changing.map((name) => `export declare function ${name}(...args: unknown[]): never`),
  ]
  return `${lines.join('\n')}\n`
}

function list(word, names, from) {
  return names.length === 0 ? [] : [`${word} { ${names.join(', ')} } from '${from}'`]
}

function write(file, text) {
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(file, text)
}
