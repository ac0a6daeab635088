// Compiles the addon for this machine with the compiler at hand. Without one, says so in one line: the buffered writer serves.
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, renameSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { cFlags, fileOf, includes, nameOf, sources } from './addons.mjs'

const root = join(dirname(fileURLToPath(import.meta.url)), '..')

/** How cc links an addon. Without a library on Linux, so that one file serves glibc and musl. */
const linking = {
  linux: ['-shared', '-fPIC', '-nostdlib'],
  darwin: ['-bundle', '-undefined', 'dynamic_lookup'],
}

/** @returns {string | undefined} the built file, or undefined when this machine cannot build it */
export function buildNative({ quiet = false, say = console.log } = {}) {
  const { platform, arch } = process
  const compiler = process.env.CC ?? 'cc'
  const without = (reason) => {
    say(
      `promhive: no native addon for ${platform}-${arch}, ${reason}. The buffered writer serves: exact, up to 100 ms late.`,
    )
    return undefined
  }
  if (linking[platform] === undefined) return without(`it is not compiled on ${platform}`)
  const target = join(root, fileOf({ platform, arch }))
  const source = join(root, 'native', sources[platform])
  const newest = Math.max(...[source, join(root, 'native', 'binding.h')].map((file) => statSync(file).mtimeMs))
  if (existsSync(target) && statSync(target).mtimeMs > newest) return target
  mkdirSync(dirname(target), { recursive: true })
  const unfinished = `${target}.${process.pid}`
  const args = [...linking[platform], '-O2', ...cFlags, ...includes, source, '-o', unfinished]
  const built = spawnSync(compiler, args, { encoding: 'utf8' })
  if (built.error) return without(`no C compiler (${compiler}: ${built.error.code})`)
  if (built.status !== 0) return without(`${compiler} failed:\n${built.stderr}`)
  renameSync(unfinished, target)
  if (!quiet) say(`promhive: native addon built (${nameOf({ platform, arch })})`)
  return target
}
