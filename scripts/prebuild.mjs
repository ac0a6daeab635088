// Before packing: the addon for every platform that the package brings it for. Without one of them the package would be
// slower there without any sign of it: packing fails instead, and names what to install.
import { spawnSync } from 'node:child_process'
import { mkdirSync, renameSync, rmSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { addons, compiler, fileOf, nameOf, sources } from './addons.mjs'

const root = join(dirname(fileURLToPath(import.meta.url)), '..')
// npm, and what calls it, reads the standard output of `npm pack`.
const say = (text) => console.error(`prepack: ${text}`)

/** Whether it was built. Says what the compiler says. */
function build(addon) {
  const target = join(root, fileOf(addon))
  // Under its own name, which the file for macOS contains, so that the same source gives the same bytes.
  const scratch = join(dirname(target), `.build-${process.pid}`)
  mkdirSync(scratch, { recursive: true })
  const unfinished = join(scratch, basename(target))
  const env = { ...process.env, ZIG_GLOBAL_CACHE_DIR: compiler.cache, ZIG_LOCAL_CACHE_DIR: compiler.cache }
  try {
    for (const args of addon.steps(join(root, 'native', sources[addon.platform]), unfinished)) {
      const { status, error, stderr } = spawnSync(compiler.file, args, { encoding: 'utf8', env })
      if (status === 0) continue
      say(`the compiler failed on the addon for ${nameOf(addon)}: ${error?.message ?? stderr}`)
      return false
    }
    renameSync(unfinished, target)
    return true
  } finally {
    rmSync(scratch, { recursive: true, force: true })
  }
}

const missing = compiler.present ? addons.filter((addon) => !build(addon)) : addons
if (missing.length > 0) {
  const names = missing.map(nameOf).join(', ')
  const way = compiler.present ? 'see above' : `install ${compiler.install}, and pack again`
  say(`no addon for ${names}: ${way}`)
  process.exitCode = 1
}
