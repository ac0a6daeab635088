// Compiles native/posix.c with the compiler at hand. Without one, says so in one line: the buffered writer serves.
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, renameSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import headers from 'node-api-headers'

const root = join(dirname(fileURLToPath(import.meta.url)), '..')
const source = join(root, 'native', 'posix.c')

/** @returns {string | undefined} the built file, or undefined when this machine cannot build it */
export function buildNative({
  compiler = process.env.CC ?? 'cc',
  arch = process.arch,
  quiet = false,
  flags = [],
  say = console.log,
} = {}) {
  const without = (reason) => {
    say(
      `promhive: no native addon for ${process.platform}-${arch}, ${reason}. The buffered writer serves: exact, up to 100 ms late.`,
    )
    return undefined
  }
  const target = join(root, 'prebuilds', `${process.platform}-${arch}`, 'promhive.node')
  if (process.platform !== 'linux')
    return without(`not built on ${process.platform}: open file description locks are Linux's`)
  if (flags.length === 0 && existsSync(target) && statSync(target).mtimeMs > statSync(source).mtimeMs) return target
  mkdirSync(dirname(target), { recursive: true })
  const unfinished = `${target}.${process.pid}`
  const built = spawnSync(
    compiler,
    // -nostdlib: no DT_NEEDED entry, so the symbols come from the libc of the process, be it glibc or musl.
    [
      '-shared',
      '-fPIC',
      '-O2',
      '-std=c11',
      '-Wall',
      '-Wextra',
      '-Werror',
      '-fvisibility=hidden',
      '-nostdlib',
      ...flags,
      '-I',
      headers.include_dir,
      source,
      '-o',
      unfinished,
    ],
    { encoding: 'utf8' },
  )
  if (built.error) return without(`no C compiler (${compiler}: ${built.error.code})`)
  if (built.status !== 0) return without(`${compiler} failed:\n${built.stderr}`)
  renameSync(unfinished, target)
  if (!quiet) say(`promhive: native addon built (${process.platform}-${arch})`)
  return target
}
