// Intercepts the system calls of promhive: a function is called before every call that concerns a directory. Plain
// JavaScript, so that a test can use it in its own process, and a child before it loads anything (`node --import`).
import fs from 'node:fs'
import { createRequire, syncBuiltinESMExports } from 'node:module'
import { fileURLToPath } from 'node:url'

const require = createRequire(import.meta.url)
const addon = fileURLToPath(
  new URL(`../../../prebuilds/${process.platform}-${process.arch}/promhive.node`, import.meta.url),
)

const byPath = [
  'openSync',
  'statSync',
  'lstatSync',
  'linkSync',
  'renameSync',
  'unlinkSync',
  'readdirSync',
  'mkdirSync',
  'writeFileSync',
]
const byDescriptor = ['readSync', 'writeSync', 'fstatSync']
const ofAddon = ['map', 'reserve', 'lock', 'probe']

/**
 * Calls `before` before every call that names `directory` or a file in it, or that uses a file opened there; an error that
 * it throws replaces the result of the call. Returns a function that ends it.
 */
export function interceptCalls(directory, before) {
  const open = new Set()
  const undo = []
  const replace = (owner, name, made) => {
    const original = owner[name]
    owner[name] = made(original)
    undo.push(() => {
      owner[name] = original
    })
  }
  const inside = (path) => typeof path === 'string' && (path === directory || path.startsWith(`${directory}/`))
  for (const name of byPath) {
    replace(fs, name, (original) =>
      Object.assign((path, ...rest) => {
        if (!inside(path)) return original.call(fs, path, ...rest)
        before(name)
        const result = original.call(fs, path, ...rest)
        if (name === 'openSync') open.add(result)
        return result
      }, original),
    )
  }
  for (const name of byDescriptor) {
    replace(fs, name, (original) => (fd, ...rest) => {
      if (open.has(fd)) before(name)
      return original.call(fs, fd, ...rest)
    })
  }
  replace(fs, 'closeSync', (original) => (fd) => {
    open.delete(fd)
    original.call(fs, fd)
  })
  const binding = process.env.PROMHIVE_NATIVE === 'off' ? undefined : require(addon)
  if (binding !== undefined) {
    const watched = { ...binding }
    for (const name of ofAddon) {
      watched[name] = (...args) => {
        before(name)
        return binding[name](...args)
      }
    }
    replace(require.cache[addon], 'exports', () => watched)
  }
  syncBuiltinESMExports()
  return () => {
    for (const each of undo.splice(0).reverse()) each()
    syncBuiltinESMExports()
  }
}
