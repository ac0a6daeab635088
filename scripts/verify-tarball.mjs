// Refuses a packed package that lacks an addon that it is published with, or a file that its package.json names.
//   node scripts/verify-tarball.mjs promhive-0.1.0.tgz
import { spawnSync } from 'node:child_process'
import { addons, fileOf } from './addons.mjs'

const [tarball] = process.argv.slice(2)
const tar = (...args) => {
  const { status, stdout, stderr, error } = spawnSync('tar', args, { encoding: 'utf8' })
  if (status !== 0) throw error ?? new Error(stderr)
  return stdout
}

const present = new Set(tar('-tzf', tarball).split('\n'))
const manifest = JSON.parse(tar('-xzOf', tarball, 'package/package.json'))

/** Every relative path in a part of package.json. */
const pathsIn = (part) =>
  typeof part === 'string' ? (part.startsWith('./') ? [part] : []) : Object.values(part ?? {}).flatMap(pathsIn)

const { main, module, types, typesVersions, bin, exports, imports } = manifest
const needed = [
  ...addons.map((addon) => `./${fileOf(addon)}`),
  ...pathsIn([main, module, types, typesVersions, bin, exports, imports]),
]
/** Of a pattern such as `./lib/*.js`, one file must be there. */
const isPresent = (path) => {
  const [start, end] = `package/${path.slice(2)}`.split('*')
  if (end === undefined) return present.has(start)
  return [...present].some((name) => name.startsWith(start) && name.endsWith(end))
}
const missing = [...new Set(needed)].filter((path) => !isPresent(path))
for (const path of missing) console.error(`${tarball} lacks ${path}`)
if (missing.length > 0) process.exitCode = 1
else console.log(`${tarball} has ${addons.length} addons, and every file that package.json names`)
