// Writes the modules of the packages in `packages/`, which npm installs under the name of another client. Each leads to the
// module of the same path in promhive, so that the preload and the package give the same objects.
import { copyFileSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { clients } from './table.mjs'

/** @param {string} root the folder of promhive */
export function writeAliasPackages(root) {
  for (const [door, { files }] of Object.entries(clients)) {
    const folder = join(root, 'packages', door)
    rmSync(join(folder, 'lib'), { recursive: true, force: true })
    write(join(folder, 'index.js'), leadingTo(`promhive/${door}`))
    write(join(folder, 'index.d.ts'), `export * from 'promhive/${door}'\n`)
    for (const [path, file] of Object.entries(files)) {
      const target = `promhive/${door}/lib/${path}`
      write(join(folder, 'lib', `${path}.js`), leadingTo(target))
      write(join(folder, 'lib', `${path}.d.ts`), declarationOf(target, file))
    }
    copyFileSync(join(root, 'LICENSE'), join(folder, 'LICENSE'))
  }
}

/** Node reads the names for ESM imports from the file that this one leads to. */
function leadingTo(target) {
  return `'use strict'\nmodule.exports = require('${target}')\n`
}

function declarationOf(target, { exports, internals }) {
  if (exports !== undefined || internals !== undefined) return `export * from '${target}'\n`
  return `import value = require('${target}')\nexport = value\n`
}

function write(file, text) {
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(file, text)
}
